"""What an API makes, shows, lists, changes and deletes, and the operations that do so.

``lifecycle`` holds the types; ``derived`` reads them off the SDK's models.
"""
