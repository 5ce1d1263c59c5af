/** Where the settings of a server are when nobody says otherwise. */
export const usualConfig = '/etc/waybill.toml'
