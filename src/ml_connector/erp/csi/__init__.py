"""CloudSuite Industrial (SyteLine): Mongoose's IDO request service, and journals that finance posts.

The protocol follows Infor's Mongoose documentation; the names of orders, items and ledger come from public client code,
those of journal rows, projects and periods are inferred. All of them can be changed by a connection, and
`missing_fields` asks the site about each. One configuration is one site, and one site is one entity.
"""
