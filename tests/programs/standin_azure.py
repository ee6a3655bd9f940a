"""Reads from the Azure stand-in with Microsoft's own clients, which must meet what they know."""

from azure.core.exceptions import HttpResponseError, IncompleteReadError, ResourceNotFoundError
from azure.identity import EnvironmentCredential
from azure.keyvault.secrets import SecretClient

credential = EnvironmentCredential()


def client(host):
    return SecretClient(f"https://{host}", credential, retry_total=0)


def fails(kind, name):
    try:
        team.get_secret(name)
    except kind as error:
        return error
    raise AssertionError(f"{name} was read")


team = client("team-kv.vault.azure.net")
secret = team.get_secret("key")
assert secret.value == "value", "the value"
assert secret.name == "key" and secret.properties.vault_url == "https://team-kv.vault.azure.net"
assert secret.properties.version == "0123456789abcdef0123456789abcdef", secret.properties.version
assert secret.properties.enabled and secret.properties.created_on.year == 2023
assert secret.properties.recovery_level == "Recoverable+Purgeable"

pinned = team.get_secret("key", "fedcba9876543210fedcba9876543210")
assert pinned.value == "old" and pinned.properties.version == "fedcba9876543210fedcba9876543210"
assert team.get_secret("long").value == "x" * 65536
assert team.get_secret("empty").value == ""
assert team.get_secret("nul").value == "a\0b"

missing = fails(ResourceNotFoundError, "missing")
assert (missing.status_code, missing.error.code) == (404, "SecretNotFound")
denied = fails(HttpResponseError, "denied")
assert (denied.status_code, denied.error.code) == (403, "Forbidden")
assert denied.error.innererror["code"] == "ForbiddenByRbac", denied.error.innererror
disabled = fails(HttpResponseError, "disabled")
assert (disabled.status_code, disabled.error.innererror["code"]) == (403, "SecretDisabled")
throttled = fails(HttpResponseError, "throttled")
assert (throttled.status_code, throttled.error.code) == (429, "Throttled")
assert throttled.response.headers["Retry-After"] == "7"
assert "Retry-After" not in fails(HttpResponseError, "silent").response.headers
assert fails(HttpResponseError, "broken").status_code == 500
fails(IncompleteReadError, "cut")
fails(ValueError, "foreign")

# The sign-in was one, for all clients.
assert client("other-kv.vault.azure.net").get_secret("key").value == "other"
print("read", team.vault_url)
