import { z } from 'zod';

/** The shapes differ by store and are read leniently; see `decodeS3Events` in `@geosluice/sources`. */
export const notificationSchema = z.union([z.record(z.string(), z.unknown()), z.array(z.unknown()).max(1_000)]).meta({
  id: 'Notification',
  description:
    'An S3 event notification as AWS, MinIO, Ceph, versitygw or SeaweedFS sends it; also through SNS or SQS.',
  examples: [
    {
      Records: [
        {
          eventSource: 'minio:s3',
          eventName: 's3:ObjectCreated:Put',
          s3: { bucket: { name: 'inbox' }, object: { key: '2026%2Fdem.tif' } },
        },
      ],
    },
  ],
});

export const hintedSchema = z
  .object({
    hinted: z.int().nonnegative().describe('Rasters that will be looked at now.'),
    ignored: z.int().nonnegative().describe('Events that no watch covers, or that concern no raster.'),
  })
  .meta({ id: 'Hinted' });
