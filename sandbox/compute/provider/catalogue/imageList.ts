/** A marketplace image without its version. */
export interface MarketplaceImage {
  publisher: string;
  offer: string;
  sku: string;
  os: 'Linux' | 'Windows';
  generation: 'V1' | 'V2';
  sizeGB: number;
}

/** Images that this local Azure offers: `publisher offer: first-generation SKUs | second-generation SKUs`. */
const LINUX = `
Canonical UbuntuServer: 18.04-LTS | 18_04-lts-gen2
Canonical 0001-com-ubuntu-server-focal: 20_04-lts | 20_04-lts-gen2
Canonical 0001-com-ubuntu-server-jammy: 22_04-lts | 22_04-lts-gen2
Canonical 0001-com-ubuntu-minimal-jammy: minimal-22_04-lts | minimal-22_04-lts-gen2
Canonical ubuntu-24_04-lts: server-gen1 | server minimal
Debian debian-11: 11 | 11-gen2 11-backports-gen2
Debian debian-12: 12 | 12-gen2
Debian debian-13: 13 | 13-gen2
RedHat RHEL: 8-LVM 8_8 9_2 | 8-lvm-gen2 9-lvm-gen2 8-raw-gen2 9-raw-gen2
SUSE sles-15-sp5: gen1 | gen2
SUSE sles-15-sp6: gen1 | gen2
almalinux almalinux-x86_64: 8-gen1 9-gen1 | 8-gen2 9-gen2
Oracle Oracle-Linux: ol88-lvm | ol88-lvm-gen2 ol9-lvm-gen2
kinvolk flatcar-container-linux-free: stable | stable-gen2
microsoftcblmariner azure-linux-3: azure-linux-3 | azure-linux-3-gen2
`;
const WINDOWS = `
MicrosoftWindowsServer WindowsServer: 2016-Datacenter 2019-Datacenter 2022-datacenter | 2016-datacenter-gensecond 2019-datacenter-gensecond 2022-datacenter-g2 2022-datacenter-azure-edition 2025-datacenter-g2 2025-datacenter-azure-edition
MicrosoftWindowsDesktop windows-11: | win11-24h2-pro win11-24h2-ent
`;

function parse(table: string, os: MarketplaceImage['os'], sizeGB: number): MarketplaceImage[] {
  return table
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [name = '', skus = ''] = line.split(':');
      const [publisher = '', offer = ''] = name.split(' ');
      return skus.split('|').flatMap((names, i) =>
        names
          .split(' ')
          .filter(Boolean)
          .map((sku) => ({
            publisher,
            offer,
            sku,
            os,
            generation: i === 0 ? ('V1' as const) : ('V2' as const),
            sizeGB,
          })),
      );
    });
}

export const IMAGES: MarketplaceImage[] = [...parse(LINUX, 'Linux', 30), ...parse(WINDOWS, 'Windows', 127)];

/** Versions that lists show of each image, oldest first. Others of the same form are taken for real ones. */
export const IMAGE_VERSIONS = ['1.0.20261001', '1.0.20261101'];
