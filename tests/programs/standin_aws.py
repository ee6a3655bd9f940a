"""Reads from the AWS stand-in with Amazon's own client, which must meet what it knows."""

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

once = Config(retries={"total_max_attempts": 1})
aws = boto3.client("secretsmanager", region_name="eu-west-1", config=once)


def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError(f"{arguments} was answered")


CURRENT = "0123456789abcdef0123456789abcdef"
OLD = "fedcba9876543210fedcba9876543210"
secret = aws.get_secret_value(SecretId="team/key")
assert (secret["SecretString"], secret["Name"]) == ("value", "team/key")
assert (secret["VersionId"], secret["VersionStages"]) == (CURRENT, ["AWSCURRENT"])
assert secret["CreatedDate"].year == 2023
assert secret["ARN"] == "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/key-AbCdEf"
assert aws.get_secret_value(SecretId=secret["ARN"])["SecretString"] == "value"
assert aws.get_secret_value(SecretId="team/key", VersionId=OLD)["SecretString"] == "old"
staged = aws.get_secret_value(SecretId="team/key", VersionStage="AWSPREVIOUS")
assert (staged["SecretString"], staged["VersionStages"]) == ("previous", ["AWSPREVIOUS"])
assert aws.get_secret_value(SecretId="team/bytes")["SecretBinary"] == b"\xde\xad\xbe\xef"

for name, expected in {
    "missing": "ResourceNotFoundException",
    "denied": "AccessDeniedException",
    "deleted": "InvalidRequestException",
    "throttled": "ThrottlingException",
    "broken": "InternalServiceError",
}.items():
    assert code(aws.get_secret_value, SecretId=f"team/{name}") == expected, name

ids = [f"team/{name}" for name in ("key", "bytes", "denied", "missing", "deleted")]
batch = aws.batch_get_secret_value(SecretIdList=ids)
assert [value["Name"] for value in batch["SecretValues"]] == ["team/key", "team/bytes"]
errors = {error["SecretId"]: error["ErrorCode"] for error in batch["Errors"]}
assert errors == {
    "team/denied": "AccessDeniedException",
    "team/missing": "ResourceNotFoundException",
    "team/deleted": "InvalidRequestException",
}, errors
many = [f"team/{n}" for n in range(21)]
assert code(aws.batch_get_secret_value, SecretIdList=many) == "InvalidParameterException"

china = boto3.client("secretsmanager", region_name="cn-north-1", config=once)
assert china.get_secret_value(SecretId="team/key")["ARN"].startswith("arn:aws-cn:")
print("read", aws.meta.endpoint_url)
