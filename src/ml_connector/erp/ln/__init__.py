"""Infor LN: orders and projects are read over OData, and nothing is written back.

No public service of LN takes journals, and none is known to take a field on an order: a posting is handed over as a
SourceSystemJournalEntry document, in a directory or to an endpoint of the customer's, and whether LN posted it is told
by a person or by that endpoint. Only the protocol and the entity sets are documented; every other property name is a
setting.
"""
