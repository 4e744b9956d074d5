import type { RasterFacts } from '@geosluice/jobs';
import type { SharedStyle } from './style.ts';

/**
 * The style of a raster where nobody said another. Null for bytes, which GeoServer's own (`raster`) shows as they are. All else has to
 * be stretched: recorded is that GeoServer 3.0 does so for one float band by itself (41-wms-getmap-dem), and nothing of other
 * samples, of many bands or of other versions. So the layer says it, and which bands it shows, and no server has to guess.
 */
export function defaultStyleOf({ bands, bitsPerSample, sampleFormat, photometric }: RasterFacts): SharedStyle | null {
  const bytes = sampleFormat === 'uint' && bitsPerSample <= 8;
  if (bytes) return null;
  // of three bands or more the first three are colours, unless the file says that they are none
  return bands >= 3 && photometric === PHOTOMETRIC_RGB ? STRETCHED_RGB : STRETCHED_GREY;
}

/** TIFF 6.0, tag 262. */
const PHOTOMETRIC_RGB = 2;

const channel = (name: string, band: number): string =>
  `<${name}><SourceChannelName>${band}</SourceChannelName><ContrastEnhancement><Normalize/></ContrastEnhancement></${name}>`;

function styleOf(name: string, title: string, channels: string): SharedStyle {
  const sld = `<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">
  <NamedLayer>
    <Name>${name}</Name>
    <UserStyle>
      <Title>${title}</Title>
      <FeatureTypeStyle>
        <Rule>
          <RasterSymbolizer>
            <Opacity>1.0</Opacity>
            <ChannelSelection>${channels}</ChannelSelection>
          </RasterSymbolizer>
        </Rule>
      </FeatureTypeStyle>
    </UserStyle>
  </NamedLayer>
</StyledLayerDescriptor>
`;
  return { kind: 'shared', name, sld };
}

const STRETCHED_GREY = styleOf('geosluice_grey', 'Grey, stretched', channel('GrayChannel', 1));
const STRETCHED_RGB = styleOf(
  'geosluice_rgb',
  'Colours, stretched',
  ['RedChannel', 'GreenChannel', 'BlueChannel'].map((name, index) => channel(name, index + 1)).join(''),
);

/** Names of all that layers may get here. */
export const SHARED_STYLES: readonly string[] = [STRETCHED_GREY, STRETCHED_RGB].map(({ name }) => name);
