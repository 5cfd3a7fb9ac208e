/** What another side says of us may have our own secrets in it: a server may show the request it refuses. */

/** `text` without `secret`, as it is, or as JSON, URLs and HTTP's Basic write it. */
export function redact(text: string, secret: string | undefined): string {
  if (secret === undefined || secret === '') return text;
  const base64 = Buffer.from(secret).toString('base64');
  const forms = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), base64];
  return forms.reduce((clean, form) => clean.replaceAll(form, '***'), text);
}
