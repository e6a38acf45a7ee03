/** Unpacks a wheel with the Python that fetched it: a zip archive, which Node cannot read. */

/**
 * A Python program; its arguments are the wheel and the folder to unpack into. It refuses the whole
 * wheel where any path leaves the folder or an entry is a link, and any file that differs from the
 * wheel's own list of digests. Of the headers it takes those that the C interface includes.
 */
export const UNPACK_WHEEL = String.raw`
import base64, csv, hashlib, io, os, re, stat, sys, zipfile

WANTED = re.compile(
    r"tensorflow/(lib[^/]*\.(so\.\d+|\d+\.dylib)|include/(tensorflow|tsl|xla)/.*\.h)"
    r"|nvidia/([^/]+/)+lib/[^/]+\.so[.\d]*"
)

def unpack(path, target):
    with zipfile.ZipFile(path) as wheel:
        for entry in wheel.infolist():
            name = entry.filename
            if name.startswith("/") or re.search(r"(^|/)\.\.(/|$)|\\|^[A-Za-z]:", name):
                sys.exit("its entry %r leaves the folder" % name)
            if stat.S_ISLNK(entry.external_attr >> 16):
                sys.exit("its entry %r is a link" % name)
        record = next(n for n in wheel.namelist() if re.fullmatch(r"[^/]+\.dist-info/RECORD", n))
        rows = csv.reader(io.TextIOWrapper(wheel.open(record), "utf-8"))
        digests = {row[0]: row[1] for row in rows if row}
        for entry in wheel.infolist():
            if WANTED.fullmatch(entry.filename):
                check(entry.filename, write(wheel, entry, target), digests)

def write(wheel, entry, target):
    place = os.path.join(target, *entry.filename.split("/"))
    os.makedirs(os.path.dirname(place), exist_ok=True)
    digest = hashlib.sha256()
    with wheel.open(entry) as source, open(place, "xb") as copy:
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            copy.write(chunk)
    return digest.digest()

def check(name, digest, digests):
    found = "sha256=" + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    if digests.get(name) != found:
        sys.exit("its file %r is not the one that its RECORD lists" % name)

unpack(sys.argv[1], sys.argv[2])
`;
