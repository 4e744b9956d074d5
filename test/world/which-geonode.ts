/** Which GeoNode end-to-end tests run against: the real one, unless GEOSLUICE_TEST_GEONODE=stand-in asks for less. */
export const geonodeKind: 'real' | 'stand-in' = process.env.GEOSLUICE_TEST_GEONODE === 'stand-in' ? 'stand-in' : 'real';
