"""Something to list: things made on a target before a run, and taken down after it.

What is made for a service is described in a file, ``schemas/provisioning/<service>.toml``
(format ``aws-conformance-provisioning/1``). This package reads such files, makes the
calls through the one sender, and takes down what this run made and nothing else. It
judges nothing and knows no pytest.
"""
