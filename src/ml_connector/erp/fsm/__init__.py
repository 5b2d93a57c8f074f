"""CloudSuite Financials & Supply Management: Landmark's class services, and the GL transaction interface.

Names and shapes come from Infor's published Landmark documentation and OpenAPI files of 2025 and 2026. The purchase
order classes, the posted detail and the state of periods were never seen on a live tenant: their field names are
defaults that a connection can change, and `missing_fields` asks the tenant about all of them.
"""
