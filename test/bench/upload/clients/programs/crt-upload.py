"""Uploads what an order names with the AWS CRT's S3 client: meta requests that read files themselves, CRC-32, its own part sizes."""
import json
import os
import sys
import threading
from urllib.parse import quote, urlparse

from awscrt.auth import AwsCredentialsProvider
from awscrt.http import HttpHeaders, HttpRequest
from awscrt.io import ClientBootstrap, DefaultHostResolver, EventLoopGroup
from awscrt.s3 import (
    S3ChecksumAlgorithm,
    S3ChecksumConfig,
    S3ChecksumLocation,
    S3Client,
    S3RequestTlsMode,
    S3RequestType,
    create_default_s3_signing_config,
)

with open(sys.argv[1], encoding='utf-8') as file:
    order = json.load(file)
access = order['access']
host = urlparse(access['endpoint']).netloc
# more meta requests at a time only cost memory
IN_FLIGHT = 64
elg = EventLoopGroup(0)
bootstrap = ClientBootstrap(elg, DefaultHostResolver(elg))
credentials = AwsCredentialsProvider.new_static(access['accessKey'], access['secretKey'])
client = S3Client(
    bootstrap=bootstrap,
    region=access['region'],
    tls_mode=S3RequestTlsMode.DISABLED,
    signing_config=create_default_s3_signing_config(region=access['region'], credential_provider=credentials),
)
checksum = S3ChecksumConfig(algorithm=S3ChecksumAlgorithm.CRC32, location=S3ChecksumLocation.TRAILER)
places = threading.Semaphore(IN_FLIGHT)
failures = []


def ended(error=None, error_body=None, **_):
    if error is not None:
        failures.append(f'{error!r} {error_body!r}')
    places.release()


for each in order['files']:
    places.acquire()
    if failures:
        break
    path = quote(f"/{order['bucket']}/{each['key']}")
    headers = HttpHeaders([('host', host), ('content-length', str(each['size'])), ('content-type', 'image/tiff')])
    # kept until on_done, since the request goes with its object
    request = client.make_request(
        type=S3RequestType.PUT_OBJECT,
        request=HttpRequest('PUT', path, headers),
        send_filepath=each['path'],
        checksum_config=checksum,
        on_done=ended,
    )
    each['request'] = request
for _ in range(IN_FLIGHT):
    places.acquire()
if failures:
    sys.exit(failures[0])
sys.stdout.flush()
os._exit(0)
