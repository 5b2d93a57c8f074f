"""The whole story on the two simulated vendors, over real HTTP. Only this package and the command line start them."""
