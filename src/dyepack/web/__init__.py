"""The desk for the browser."""
