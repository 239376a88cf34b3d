/** A public region as `GET /subscriptions/{id}/locations` describes it. */
export interface Region {
  displayName: string;
  geography: string;
  geographyGroup: string;
  physicalLocation: string;
  latitude: string;
  longitude: string;
  /** Display name of the region that it is paired with. */
  pair?: string;
  /** Recommended regions have availability zones and every service. */
  recommended: boolean;
}

/** Display name | geography | group | place | latitude | longitude | pair | recommended (r) or other (o). */
const table = `
Australia Central | Australia | Asia Pacific | Canberra | -35.3075 | 149.1244 | Australia Central | o
Australia East | Australia | Asia Pacific | New South Wales | -33.86 | 151.2094 | Australia Southeast | r
Australia Southeast | Australia | Asia Pacific | Victoria | -37.8136 | 144.9631 | Australia East | o
Austria East | Austria | Europe | Vienna | 48.2201 | 16.3797 | | r
Belgium Central | Belgium | Europe | Brussels | 50.8503 | 4.3517 | | r
Brazil South | Brazil | South America | Sao Paulo State | -23.55 | -46.633 | South Central US | r
Canada Central | Canada | Canada | Toronto | 43.653 | -79.383 | Canada East | r
Canada East | Canada | Canada | Quebec | 46.817 | -71.217 | Canada Central | o
Central India | India | Asia Pacific | Pune | 18.5822 | 73.9197 | South India | r
Central US | United States | US | Iowa | 41.5908 | -93.6208 | East US 2 | r
Chile Central | Chile | South America | Santiago | -33.447487 | -70.673676 | | r
East Asia | Asia Pacific | Asia Pacific | Hong Kong | 22.267 | 114.188 | Southeast Asia | r
East US | United States | US | Virginia | 37.3719 | -79.8164 | West US | r
East US 2 | United States | US | Virginia | 36.6681 | -78.3889 | Central US | r
France Central | France | Europe | Paris | 46.3772 | 2.373 | France South | r
Germany West Central | Germany | Europe | Frankfurt | 50.110924 | 8.682127 | Germany North | r
Indonesia Central | Indonesia | Asia Pacific | Jakarta | -6.208763 | 106.845599 | | r
Israel Central | Israel | Middle East | Israel | 31.2655698 | 33.4506633 | | r
Italy North | Italy | Europe | Milan | 45.46888 | 9.18109 | | r
Japan East | Japan | Asia Pacific | Tokyo, Saitama | 35.68 | 139.77 | Japan West | r
Japan West | Japan | Asia Pacific | Osaka | 34.6939 | 135.5022 | Japan East | o
Korea Central | Korea | Asia Pacific | Seoul | 37.5665 | 126.978 | Korea South | r
Korea South | Korea | Asia Pacific | Busan | 35.1796 | 129.0756 | Korea Central | o
Malaysia West | Malaysia | Asia Pacific | Kuala Lumpur | 3.140853 | 101.693207 | | r
Mexico Central | Mexico | Mexico | Querétaro State | 20.588818 | -100.389888 | | r
New Zealand North | New Zealand | Asia Pacific | Auckland | -36.84853 | 174.76349 | | r
North Central US | United States | US | Illinois | 41.8819 | -87.6278 | South Central US | o
North Europe | Europe | Europe | Ireland | 53.3478 | -6.2597 | West Europe | r
Norway East | Norway | Europe | Norway | 59.913868 | 10.752245 | Norway West | r
Poland Central | Poland | Europe | Warsaw | 52.23334 | 21.01666 | | r
Qatar Central | Qatar | Middle East | Doha | 25.551462 | 51.439327 | | r
South Africa North | South Africa | Africa | Johannesburg | -25.73134 | 28.21837 | South Africa West | r
South Central US | United States | US | Texas | 29.4167 | -98.5 | North Central US | r
South India | India | Asia Pacific | Chennai | 12.9822 | 80.1636 | Central India | o
Southeast Asia | Asia Pacific | Asia Pacific | Singapore | 1.283 | 103.833 | East Asia | r
Spain Central | Spain | Europe | Madrid | 40.4259 | -3.4209 | | r
Sweden Central | Sweden | Europe | Gävle | 60.67488 | 17.14127 | Sweden South | r
Switzerland North | Switzerland | Europe | Zurich | 47.451542 | 8.564572 | Switzerland West | r
UAE North | UAE | Middle East | Dubai | 25.266666 | 55.316666 | UAE Central | r
UK South | United Kingdom | Europe | London | 50.941 | -0.799 | UK West | r
UK West | United Kingdom | Europe | Cardiff | 53.427 | -3.084 | UK South | o
West Central US | United States | US | Wyoming | 40.89 | -110.234 | West US 2 | o
West Europe | Europe | Europe | Netherlands | 52.3667 | 4.9 | North Europe | r
West India | India | Asia Pacific | Mumbai | 19.088 | 72.868 | South India | o
West US | United States | US | California | 37.783 | -122.417 | East US | o
West US 2 | United States | US | Washington | 47.233 | -119.852 | West Central US | r
West US 3 | United States | US | Phoenix | 33.448376 | -112.074036 | East US | r
`;

/** Azure's public regions (azure/reliability/regions-list). */
export const regions: Region[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const cells = line.split('|').map((cell) => cell.trim());
    const [displayName, geography, geographyGroup, physicalLocation, latitude, longitude, pair, kind] = cells as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const place = { displayName, geography, geographyGroup, physicalLocation, latitude, longitude };
    return { ...place, ...(pair && { pair }), recommended: kind === 'r' };
  });
