"""The small program that runs beside one version of the SDK, in that version's environment.

It imports the standard library and botocore alone, and no other room of the package: there is no
other library in that environment. It has to run on any Python that the SDK runs on, from 3.9 on.
"""
