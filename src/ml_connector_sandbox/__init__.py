"""Two vendors, simulated: Jira Cloud and Infor CloudSuite, with real books behind them.

A stranger to the product: nothing here imports it, and nothing there imports this (only the command line starts it).
Each vendor is a function from a request to a response over a shared `World`; tests call it in process, people and
third-party clients reach it over HTTP.
"""
