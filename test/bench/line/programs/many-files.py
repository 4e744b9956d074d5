"""Makes objects of versitygw where its buckets lie: many-files.py <bucket folder> <folders> <files in each>."""

import hashlib
import os
import sys

bucket, folders, files = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
for folder in range(folders):
    parent = os.path.join(bucket, "lot", f"folder_{folder:04}")
    os.makedirs(parent)
    for number in range(files):
        path = os.path.join(parent, f"raster_{number:06}.tif")
        with open(path, "wb") as file:
            file.write(b"II*\0")
        os.setxattr(path, "user.etag", hashlib.md5(path.encode()).hexdigest().encode())
