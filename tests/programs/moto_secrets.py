"""Puts secrets into a moto server with Amazon's own client. Arguments: endpoint, count."""

import sys

import boto3

endpoint, count = sys.argv[1], int(sys.argv[2])
client = boto3.client("secretsmanager", endpoint_url=endpoint)
for n in range(count):
    client.create_secret(Name=f"team/k{n}", SecretString=f'{{"user": "u{n}", "password": "p{n}"}}')
client.create_secret(Name="team/binary", SecretBinary=b"\x00\x01binary")
client.create_secret(Name="team/staged", SecretString="first")
client.put_secret_value(SecretId="team/staged", SecretString="second")
client.create_secret(Name="team/deleted", SecretString="gone")
client.delete_secret(SecretId="team/deleted")
