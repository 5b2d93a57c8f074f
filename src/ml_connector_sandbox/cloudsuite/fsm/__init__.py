"""Financials & Supply Management (FSM, Landmark): class services, form operations and metadata."""
