"""What no page settles about CSI, or what a site may set: each is a switch with a default."""

from __future__ import annotations

CSI_DEFAULTS: dict[str, object] = {
    # The site's zone. Datetimes carry none, so that a client has to be told.
    "csi_site_zone": "America/Chicago",
    # Whether an update with several changes processes the first alone, as field notes say, and answers success.
    "csi_first_change_only": True,
    # Whether the site has extended its tables with `Uf_JiraKey`; without it, `Charfld3` holds the issue key.
    "csi_user_extensions": True,
    # Whether unit codes have at most 4 characters, as CSI's have. Off, they are as wide as the codes of these books.
    "csi_short_unit_codes": False,
    # How a journal row takes its amount: "signed" (DomAmount) or "columns" (DebitAmount and CreditAmount).
    "csi_journal_amounts": "signed",
    # Whether a row dated in a closed period is refused as it is entered; else the journal cannot be posted.
    "csi_closed_period_refused_at_entry": True,
    # Whether a journal that does not balance is posted all the same.
    "csi_posts_unbalanced": False,
    # The ids of the journals that exist, with commas.
    "csi_journal_ids": "General,MLC",
    # The method of SLJournals that posts a journal; empty where there is none that a client may call.
    "csi_posting_method": "",
    # Whether a filter may use LIKE.
    "csi_like_filters": True,
    # Whether a filter may name RecordDate; it does not, for a site without an index on it.
    "csi_record_date_filters": True,
    # Whether `SLPeriods` tells which periods are closed.
    "csi_tells_closed_periods": True,
}
