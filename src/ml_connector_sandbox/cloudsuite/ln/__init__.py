"""Infor LN: OData services over the tenant's books, read by company. Nothing of it was seen live but its protocol."""
