"""REMEMBER: tables, migrations, one module a noun, and the vault.

Every function takes an open transaction first and returns the core's records or small frozen ones of its own.
"""
