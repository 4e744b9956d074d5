import type { KubernetesObject } from '../client.ts';

/** The parts of the API's objects that the network reads. */
export interface Service extends KubernetesObject {
  spec: {
    type?: string;
    clusterIP?: string;
    externalName?: string;
    ports?: ServicePort[];
  };
}

export interface ServicePort {
  name?: string;
  port: number;
  protocol?: string;
}

export interface EndpointSlice extends KubernetesObject {
  addressType: string;
  endpoints: Endpoint[] | null;
  ports: { name?: string; port?: number; protocol?: string }[] | null;
}

export interface Endpoint {
  addresses: string[];
  hostname?: string;
  conditions?: { ready?: boolean };
}
