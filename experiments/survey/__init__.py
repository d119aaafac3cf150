"""Surveys that can be resumed."""
