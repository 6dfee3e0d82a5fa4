"""Deskpulse: the live KPI engine of customer support floors."""

__version__ = "0.1.0"
