"""Packages of others, installed into folders of their own. Knows neither targets nor reports."""
