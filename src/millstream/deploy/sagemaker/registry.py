"""Images in Amazon's registry (ECR): signing in, and repositories that are made for them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from millstream.containers import engines
from millstream.deploy.sagemaker.aws import Aws
from millstream.deploy.sagemaker.place import Place
from millstream.errors import AlreadyExists, InvalidParameter, NotFound

_ECR = re.compile(
    r"(?P<host>(?P<account>[0-9]{12})\.dkr\.ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(?:amazonaws\.com(?:\.cn)?))/(?P<name>[a-z0-9._/-]+)(?:[:@].+)?"
)
NEED = ("An image is pushed", "or name an image that is there as the option 'image'")


class Repository(msgspec.Struct, frozen=True):
    """A repository of ECR."""

    host: str
    account: str
    region: str
    name: str

    @classmethod
    def of(cls, image: str) -> Repository | None:
        """The repository of an image; None if its registry is none of Amazon's."""
        found = _ECR.fullmatch(image)
        return None if found is None else cls(**found.groupdict())


def sign_in(aws: Aws, image: str) -> None:
    """Let the engine that is here use ECR, for the 12 hours that a token of it lasts."""
    found = Repository.of(image)
    if found is None:
        return
    given = _there(aws, found).ask("ecr", "get_authorization_token")
    token = base64.b64decode(given["authorizationData"][0]["authorizationToken"]).decode()
    username, _, password = token.partition(":")
    auth = {"registry": found.host, "username": username, "password": password}
    engines.find(*NEED).login(auth)


@contextmanager
def receiving(aws: Aws, image: str) -> Iterator[None]:
    """Make the repository of an image that is pushed inside, if ECR has none; undone on failure."""
    found = Repository.of(image)
    made = found is not None and _make(_there(aws, found), found)
    try:
        yield
    except BaseException:
        if found is not None and made:
            words = {"registryId": found.account, "repositoryName": found.name}
            _there(aws, found).ask("ecr", "delete_repository", **words)
        raise


def push_image(aws: Aws, image: str, repository: str) -> str:
    """Push an image that is here to a repository of the account's own ECR; gives its name there."""
    host = f"{aws.identity['Account']}.dkr.ecr.{aws.region}.{_suffix(aws.region)}"
    name = f"{host}/{repository}"
    if Repository.of(name) is None:
        raise InvalidParameter(f"{repository!r} is no repository and tag that ECR takes.")
    engine = engines.find(*NEED)
    sign_in(aws, name)
    engine.tag(image, name)
    with receiving(aws, name):
        engine.push(name)
    return name


def _suffix(region: str) -> str:
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"


def _there(aws: Aws, found: Repository) -> Aws:
    return aws if found.region == aws.region else Aws(Place(found.region, aws.place.role))


def _make(aws: Aws, found: Repository) -> bool:
    """Whether the repository had to be made."""
    words = {"registryId": found.account}
    try:
        aws.ask("ecr", "describe_repositories", repositoryNames=[found.name], **words)
    except NotFound:
        scan = {"scanOnPush": True}
        try:
            aws.ask(
                "ecr",
                "create_repository",
                repositoryName=found.name,
                imageScanningConfiguration=scan,
                **words,
            )
        except AlreadyExists:  # somebody else was quicker
            return False
        return True
    return False
