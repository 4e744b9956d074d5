"""The few S3 requests the scripts need, signed here (SigV4), so that they run where there is no boto3."""

import datetime
import hashlib
import hmac
import json
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from lib_http import HttpError, open_request, request
from lib_run import Failed

PART = 16 * 1024 * 1024
_TIMEOUT = 60


class S3:
    def __init__(self, endpoint, region, access_key, secret_key, token=None, path_style=True):
        self.endpoint = endpoint.rstrip("/")
        self.region = region
        self.keys = (access_key, secret_key, token)
        self.path_style = path_style

    @classmethod
    def from_environment(cls, environment):
        endpoint = environment.url("S3_ENDPOINT", required=False)
        region = environment.text("AWS_REGION", "us-east-1")
        return cls(
            endpoint or f"https://s3.{region}.amazonaws.com",
            region,
            environment.text("AWS_ACCESS_KEY_ID"),
            environment.text("AWS_SECRET_ACCESS_KEY"),
            environment.optional("AWS_SESSION_TOKEN"),
            environment.flag("S3_FORCE_PATH_STYLE", endpoint is not None),
        )

    def make_bucket(self, bucket):
        """@returns whether it was missing"""
        if self._ask("HEAD", bucket, "").status == 200:
            return False
        body = b""
        if self.region != "us-east-1":
            place = f"<LocationConstraint>{escape(self.region)}</LocationConstraint>"
            body = f"<CreateBucketConfiguration>{place}</CreateBucketConfiguration>".encode()
        answer = self._ask("PUT", bucket, "", body=body)
        if answer.status == 409 and b"BucketAlreadyOwnedByYou" in answer.body:
            return False
        _expect(answer, 200, f"making the bucket {bucket}")
        return True

    def put(self, bucket, key, body, content_type="application/octet-stream"):
        answer = self._ask("PUT", bucket, key, body=body, headers={"Content-Type": content_type})
        _expect(answer, 200, f"writing s3://{bucket}/{key}")

    def open(self, bucket, key):
        """The object as a stream, or None where there is none."""
        url, headers = self._signed("GET", bucket, key, {}, b"", {})
        try:
            answer = open_request("GET", url, headers, timeout=_TIMEOUT)
        except HttpError as error:
            raise Failed(f"S3 at {self.endpoint}: {error}") from error
        if answer.status == 200:
            return answer
        body = answer.read()
        answer.close()
        if answer.status == 404:
            return None
        raise Failed(f"Reading s3://{bucket}/{key} failed with {answer.status} {_code(body)}.")

    def get_json(self, bucket, key):
        answer = self.open(bucket, key)
        if answer is None:
            return None
        with answer:
            try:
                return json.loads(answer.read())
            except (ValueError, HttpError) as error:
                raise Failed(f"s3://{bucket}/{key} cannot be read: {error}") from error

    def delete(self, bucket, key):
        answer = self._ask("DELETE", bucket, key)
        if answer.status not in (200, 204, 404):
            _expect(answer, 204, f"deleting s3://{bucket}/{key}")

    def list(self, bucket, prefix):
        """Keys in the store's order, page by page."""
        after = None
        while True:
            query = {"list-type": "2", "prefix": prefix}
            if after:
                query["continuation-token"] = after
            answer = self._ask("GET", bucket, "", query)
            _expect(answer, 200, f"listing s3://{bucket}/{prefix}")
            root = ElementTree.fromstring(answer.body)
            for element in root.iter():
                if element.tag.endswith("}Key") or element.tag == "Key":
                    yield element.text
            after = next((e.text for e in root.iter() if e.tag.rpartition("}")[2] == "NextContinuationToken"), None)
            if not after:
                return

    def upload(self, bucket, key):
        return Upload(self, bucket, key)

    def _ask(self, method, bucket, key, query=None, body=b"", headers=None):
        url, signed = self._signed(method, bucket, key, query or {}, body, headers or {})
        try:
            return request(method, url, signed, body, _TIMEOUT)
        except HttpError as error:
            raise Failed(f"S3 at {self.endpoint}: {error}") from error

    def _signed(self, method, bucket, key, query, body, headers):
        access_key, secret_key, token = self.keys
        parts = urlsplit(self.endpoint)
        path = parts.path + "/" + quote(key, safe="/-_.~")
        host = parts.netloc
        if self.path_style:
            path = f"{parts.path}/{bucket}" + (f"/{quote(key, safe='/-_.~')}" if key else "")
        else:
            host = f"{bucket}.{host}"
        now = datetime.datetime.now(datetime.timezone.utc)
        stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
        payload = hashlib.sha256(body).hexdigest()
        sent = {**headers, "Host": host, "x-amz-date": stamp, "x-amz-content-sha256": payload}
        if token:
            sent["x-amz-security-token"] = token
        lower = {name.lower(): value for name, value in sent.items()}
        names = ";".join(sorted(lower))
        line = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(query.items()))
        canonical = "\n".join(
            [method, path, line, *(f"{name}:{lower[name]}" for name in sorted(lower)), "", names, payload]
        )
        scope = f"{day}/{self.region}/s3/aws4_request"
        to_sign = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key_bytes = f"AWS4{secret_key}".encode()
        for word in (day, self.region, "s3", "aws4_request"):
            key_bytes = hmac.new(key_bytes, word.encode(), hashlib.sha256).digest()
        signature = hmac.new(key_bytes, to_sign.encode(), hashlib.sha256).hexdigest()
        sent["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )
        return f"{parts.scheme}://{host}{path}" + (f"?{line}" if line else ""), sent


class Upload:
    """A file to write to, of any length: memory holds one part. close() makes the object, abort() leaves nothing."""

    def __init__(self, s3, bucket, key):
        self.s3, self.bucket, self.key = s3, bucket, key
        self.buffer = bytearray()
        self.parts = []
        self.upload_id = None
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, data):
        self.buffer += data
        self.size += len(data)
        self.digest.update(data)
        while len(self.buffer) >= PART:
            self._send(bytes(self.buffer[:PART]))
            del self.buffer[:PART]
        return len(data)

    def flush(self):
        pass

    def close(self):
        if self.upload_id is None:
            self.s3.put(self.bucket, self.key, bytes(self.buffer))
            return
        if self.buffer:
            self._send(bytes(self.buffer))
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{escape(tag)}</ETag></Part>" for number, tag in self.parts
        )
        body = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        answer = self.s3._ask("POST", self.bucket, self.key, {"uploadId": self.upload_id}, body)
        # an error may come with status 200
        if answer.status != 200 or b"<Error>" in answer.body:
            raise Failed(f"Completing s3://{self.bucket}/{self.key} failed with {answer.status} {_code(answer.body)}.")

    def abort(self):
        if self.upload_id is not None:
            self.s3._ask("DELETE", self.bucket, self.key, {"uploadId": self.upload_id})

    def _send(self, data):
        if self.upload_id is None:
            answer = self.s3._ask("POST", self.bucket, self.key, {"uploads": ""})
            _expect(answer, 200, f"beginning s3://{self.bucket}/{self.key}")
            root = ElementTree.fromstring(answer.body)
            self.upload_id = next(e.text for e in root.iter() if e.tag.rpartition("}")[2] == "UploadId")
        number = len(self.parts) + 1
        query = {"partNumber": str(number), "uploadId": self.upload_id}
        answer = self.s3._ask("PUT", self.bucket, self.key, query, data)
        _expect(answer, 200, f"writing part {number} of s3://{self.bucket}/{self.key}")
        self.parts.append((number, answer.headers["ETag"]))


def _expect(answer, status, what):
    if answer.status != status:
        raise Failed(f"{what[0].upper()}{what[1:]} failed with {answer.status} {_code(answer.body)}.")


def _code(body):
    try:
        return next((e.text for e in ElementTree.fromstring(body).iter() if e.tag.rpartition("}")[2] == "Code"), "")
    except ElementTree.ParseError:
        return ""
