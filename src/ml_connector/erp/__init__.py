"""CloudSuite at the edge: the port, ION's credentials and gateway, and one adapter a product line."""
