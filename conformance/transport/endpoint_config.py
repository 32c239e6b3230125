"""Where requests go, and who signs them."""

import os
from dataclasses import dataclass

import boto3
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ProfileNotFound
from botocore.session import Session as CoreSession

from conformance.errors import TargetError, UnknownNameError, UsageError

#: Given where the target is a URL and neither a profile nor the environment names others.
DUMMY = ("test", "test", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where requests go and who signs them. ``url`` is ``None`` for AWS itself."""

    url: str | None
    region: str = "us-east-1"
    profile: str | None = None
    timeout: float = 10.0
    verify: bool = True


def credentials(endpoint: Endpoint) -> Credentials:
    """Who signs: for a URL a named profile, the environment or dummies, never a metadata service.

    Raises :class:`UsageError` for a profile that does not exist.
    """
    if endpoint.url is None or endpoint.profile:
        try:
            found = boto3.Session(profile_name=endpoint.profile).get_credentials()
        except ProfileNotFound as error:
            name = endpoint.profile or os.environ.get("AWS_PROFILE", "default")
            if known := CoreSession().available_profiles:
                raise UnknownNameError("profile", name, known) from error
            raise UsageError(
                f"There is no profile {name!r}, nor any other; make it with "
                f"'aws configure --profile {name}', or leave --aws-profile out."
            ) from error
        except BotoCoreError as error:
            raise UsageError(f"{error}.".replace("..", ".")) from error
        if found is None:
            raise TargetError(
                "There are no AWS credentials: run 'aws configure', or name a profile "
                "with --aws-profile."
            )
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, frozen.token)
    key, secret = os.environ.get("AWS_ACCESS_KEY_ID"), os.environ.get("AWS_SECRET_ACCESS_KEY")
    if key and secret:
        return Credentials(key, secret, os.environ.get("AWS_SESSION_TOKEN"))
    return Credentials(*DUMMY)
