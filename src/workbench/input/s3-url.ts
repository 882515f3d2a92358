const SCHEME = "s3://";

/** True of `s3://…`, which no file is named. */
export function isS3(path: string): boolean {
  return path.startsWith(SCHEME);
}

/** `s3://BUCKET/PREFIX` in its parts; either may be empty. */
export function partsOfS3(url: string): { readonly bucket: string; readonly prefix: string } {
  const rest = url.slice(SCHEME.length);
  const slash = rest.indexOf("/");
  return slash < 0 ? { bucket: rest, prefix: "" } : { bucket: rest.slice(0, slash), prefix: rest.slice(slash + 1) };
}
