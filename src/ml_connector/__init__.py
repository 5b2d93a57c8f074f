"""Keeps Infor CloudSuite and Jira in step, and is right about money every time."""
