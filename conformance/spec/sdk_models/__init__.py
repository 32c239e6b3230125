"""Operations out of the service models that ship with botocore.

Reads the models as data, through one loader. It must not make a client or send anything.
"""
