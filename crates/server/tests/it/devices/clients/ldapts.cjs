// Searches an LDAP directory with ldapts and prints what it finds as JSON.
//
// usage: node ldapts.cjs DIRECTORY-OF-PACKAGES URL PASSWORD
const { createRequire } = require("node:module");

const [packages, url, password] = process.argv.slice(2);
const { Client, InvalidCredentialsError, UnwillingToPerformError } = createRequire(`${packages}/`)("ldapts");
const BASE = "dc=phonebook";

async function main() {
  const found = {};
  const client = new Client({ url, timeout: 20000, connectTimeout: 20000 });
  try {
    await client.bind("cn=phone", "wrong");
  } catch (error) {
    found["wrong password"] = error instanceof InvalidCredentialsError ? "invalid credentials" : String(error);
  }
  await client.bind("cn=phone", password);
  const search = async (filter, options) =>
    (await client.search(BASE, { scope: "sub", filter, attributes: ["cn", "mobile"], ...options })).searchEntries;
  found.prefix = (await search("(|(cn=iv*)(sn=iv*))")).map((entry) => entry.cn);
  found.number = (await search("(|(telephoneNumber=00 7 916 123-45-67)(mobile=1))")).map((entry) => [entry.cn, entry.mobile]);
  found.order = (await search("(&(sn>=b)(sn<=ivanova))")).map((entry) => entry.cn);
  found.paged = (await search("(cn=*)", { paged: { pageSize: 2 } })).map((entry) => entry.cn);
  const [smith] = await search("(sn=smith)");
  found["read again"] = (await client.search(smith.dn, { scope: "base", filter: "(objectClass=*)" })).searchEntries[0].cn;
  found.compare = [await client.compare(smith.dn, "sn", "SMITH"), await client.compare(smith.dn, "sn", "jones")];
  try {
    await client.del(smith.dn);
  } catch (error) {
    found.delete = error instanceof UnwillingToPerformError ? "unwilling to perform" : String(error);
  }
  await client.unbind();
  console.log(JSON.stringify(found));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
