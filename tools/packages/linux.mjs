export function makeLinuxPackages() {}
