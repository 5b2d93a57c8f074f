"""The only code that opens a socket to a vendor: transport, verdict, retry, pace, and the client that joins them."""
