"""Reads the log events of the original study (Ross et al., 2021) as sessions."""
