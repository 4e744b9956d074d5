/** How one S3 endpoint is reached. Always path style. */
export interface Access {
  endpoint: string;
  region: string;
  accessKey: string;
  secretKey: string;
}

/** A local file, and where it goes. */
export interface OrderedFile {
  path: string;
  /** Bytes. */
  size: number;
  /** As the sources of this project write it: ISO 8601 with nanoseconds. */
  modified: string;
  key: string;
}

/** An object, and where it goes. */
export interface OrderedObject {
  access: Access;
  bucket: string;
  key: string;
  /** Bytes. */
  size: number;
  /** Without quotes. */
  etag: string;
  target: string;
}

/** What a client is to bring, the same for every client; programs of the bench read it as JSON. */
export interface Order {
  access: Access;
  bucket: string;
  /** Keys begin with it; ends in `/`. */
  prefix: string;
  /** Where all files lie, and nothing else does. */
  folder: string;
  files: OrderedFile[];
  /** In place of files. */
  object?: OrderedObject;
}
