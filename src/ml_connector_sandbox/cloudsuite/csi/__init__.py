"""CSI (SyteLine): Mongoose's IDO request service, another face of the same books.

One configuration is one site, and a site is one company. The protocol follows Infor's Mongoose documentation; property
names come from public client code or, where nobody has shown any, are ours: which is which stands beside each.
"""
