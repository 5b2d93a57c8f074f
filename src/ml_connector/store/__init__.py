"""REMEMBER: tables, migrations, one module a noun, and the vault.

Every function takes an open transaction first and returns the core's records or small frozen ones of its own. The
statements are constants above them, because SQLAlchemy takes longer to build a statement than SQLite to run it.
"""
