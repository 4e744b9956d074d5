"""Uploads what an order names with boto3's transfer manager: ten requests at a time, parts of 16 MiB, CRC-32."""
import json
import os
import sys

import boto3
from botocore.config import Config
from s3transfer.manager import TransferConfig, TransferManager

with open(sys.argv[1], encoding='utf-8') as file:
    order = json.load(file)
access = order['access']
# Python's threads gain nothing from more; smaller parts cost more requests
MIB = 1024 * 1024
CONFIG = TransferConfig(multipart_threshold=16 * MIB, multipart_chunksize=16 * MIB, max_request_concurrency=10)
client = boto3.client(
    's3',
    endpoint_url=access['endpoint'],
    region_name=access['region'],
    aws_access_key_id=access['accessKey'],
    aws_secret_access_key=access['secretKey'],
    config=Config(s3={'addressing_style': 'path'}, max_pool_connections=16, retries={'mode': 'standard'}),
)
with TransferManager(client, CONFIG) as manager:
    futures = [
        manager.upload(file['path'], order['bucket'], file['key'], extra_args={'ContentType': 'image/tiff'})
        for file in order['files']
    ]
    for future in futures:
        future.result()
sys.stdout.flush()
# its threads take their time to end
os._exit(0)
