/** The Win32 and Winsock codes that mean something for a reservation, by their names in winerror.h and winsock2.h. */
export const codes = {
  ERROR_ACCESS_DENIED: 5,
  ERROR_SHARING_VIOLATION: 32,
  ERROR_INVALID_PARAMETER: 87,
  ERROR_PROC_NOT_FOUND: 127,
  ERROR_NOT_FOUND: 1168,
  WSAEACCES: 10013,
  WSAEINVAL: 10022,
  WSAEOPNOTSUPP: 10045,
  WSAEADDRINUSE: 10048,
} as const;
