"""Who uses the site, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256


@dataclass(slots=True)
class Person:
    """An account. `email` is always known to the site and shown to others only where `shows_email`. A `closed` one was
    deleted: what it wrote stays.
    """

    account_id: str
    name: str
    email: str
    api_token: str
    time_zone: str = "Etc/UTC"
    shows_email: bool = True
    active: bool = True
    admin: bool = False
    closed: bool = False
    groups: tuple[str, ...] = ("jira-users",)
    hidden_projects: set[str] = field(default_factory=set)
    login: str = ""
    """Their user name, which Data Center knows them by; `account_id` is their user key there."""

    @property
    def password(self) -> str:
        """What they sign in to Data Center with."""
        return f"pw-{sha256(b'password' + self.api_token.encode()).hexdigest()[:16]}"

    @property
    def personal_token(self) -> str:
        """Their personal access token of Data Center."""
        return f"PAT{sha256(b'personal' + self.api_token.encode()).hexdigest()[:41]}"

    @property
    def scoped_token(self) -> str:
        """Their API token with scopes, which only the gateway takes."""
        return f"ATATT3xS{sha256(self.api_token.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission by its key, id and name, and whether every user has it or administrators only."""

    key: str
    id: str
    name: str
    type: str = "PROJECT"
    everybody: bool = True


PERMISSIONS = (
    Permission("BROWSE_PROJECTS", "10", "Browse Projects"),
    Permission("CREATE_ISSUES", "11", "Create Issues"),
    Permission("EDIT_ISSUES", "12", "Edit Issues"),
    Permission("ASSIGN_ISSUES", "13", "Assign Issues"),
    Permission("DELETE_ISSUES", "16", "Delete Issues"),
    Permission("WORK_ON_ISSUES", "20", "Work On Issues"),
    Permission("ADD_COMMENTS", "15", "Add Comments"),
    Permission("LINK_ISSUES", "21", "Link Issues"),
    Permission("TRANSITION_ISSUES", "46", "Transition Issues"),
    Permission("EDIT_OWN_WORKLOGS", "40", "Edit Own Worklogs"),
    Permission("DELETE_OWN_WORKLOGS", "42", "Delete Own Worklogs"),
    Permission("EDIT_ALL_WORKLOGS", "41", "Edit All Worklogs", everybody=False),
    Permission("DELETE_ALL_WORKLOGS", "43", "Delete All Worklogs", everybody=False),
    Permission("ADMINISTER_PROJECTS", "23", "Administer Projects", everybody=False),
    Permission("ADMINISTER", "0", "Administer Jira", "GLOBAL", everybody=False),
    Permission("BULK_CHANGE", "33", "Make bulk changes", "GLOBAL"),
    Permission("USER_PICKER", "27", "Browse users and groups", "GLOBAL"),
)


def holds(person: Person, key: str) -> bool:
    """Whether a person has a permission, project visibility aside. Raises KeyError for one that does not exist."""
    found = {permission.key: permission for permission in PERMISSIONS}[key]
    return found.everybody or person.admin
