// Command gocheck checks a log of Dyepack with nobody's code but Go's: the tree and the notes of golang.org/x/mod,
// the signatures of the standard library. It shares no line, no language and no author with the product.
//
//	gocheck LOG KEYS CLAIMS
//
// LOG holds checkpoint and tile/...; KEYS has one verifier key a line, the Ed25519 key of the log first, and every one
// of them must have signed the checkpoint. CLAIMS holds *.tlog-proof files, and for an older checkpoint <size>.note
// the consistency proof <size>.consistency, one base64 hash a line. Exit 0 and one sentence, or exit 1 and why not.
package main

import (
	"bytes"
	"compress/gzip"
	"crypto/ed25519"
	"crypto/mldsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

// head is what the three lines of a checkpoint say.
type head struct {
	origin string
	size   int64
	root   tlog.Hash
}

// cosigner verifies what x/mod does not know: key kinds 0x04 and 0x06 of C2SP tlog-cosignature.
type cosigner struct {
	name string
	hash uint32
	key  []byte // kind and public key
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }

func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) < 8 || binary.BigEndian.Uint64(signature) == 0 {
		return false
	}
	time, signature := signature[:8], signature[8:]
	if c.key[0] == 0x04 {
		message := fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(time), text)
		return len(c.key) == 1+ed25519.PublicKeySize && ed25519.Verify(c.key[1:], message, signature)
	}
	h := parseHead(string(text))
	message := append([]byte("subtree/v1\n\x00"), byte(len(c.name)))
	message = append(append(message, c.name...), time...)
	message = append(append(message, byte(len(h.origin))), h.origin...)
	message = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(message, 0), uint64(h.size))
	message = append(message, h.root[:]...)
	key, err := mldsa.NewPublicKey(mldsa.MLDSA44(), c.key[1:])
	return err == nil && mldsa.Verify(key, message, signature, nil) == nil
}

func parseKey(text string) note.Verifier {
	name, rest, _ := strings.Cut(text, "+")
	id, encoded, _ := strings.Cut(rest, "+")
	key, err := base64.StdEncoding.DecodeString(encoded)
	check(err)
	refuse(len(key) < 33, "a key that is too short")
	if key[0] == 0x01 {
		verifier, err := note.NewVerifier(text)
		check(err)
		return verifier
	}
	refuse(key[0] != 0x04 && key[0] != 0x06, "a key of an unknown kind")
	sum := sha256.Sum256(append([]byte(name+"\n"), key...))
	refuse(fmt.Sprintf("%x", sum[:4]) != id, "a key id that is not the key's")
	return cosigner{name, binary.BigEndian.Uint32(sum[:4]), key}
}

func parseHead(text string) head {
	lines := strings.Split(text, "\n")
	refuse(len(lines) != 4 || lines[3] != "", "a checkpoint has three lines")
	size, err := strconv.ParseInt(lines[1], 10, 64)
	check(err)
	refuse(strconv.FormatInt(size, 10) != lines[1] || size < 0, "a size in another spelling")
	root, err := tlog.ParseHash(lines[2])
	check(err)
	return head{lines[0], size, root}
}

// open wants a signature of every key, and none that fails.
func open(signed []byte, keys ...note.Verifier) head {
	opened, err := note.Open(signed, note.VerifierList(keys...))
	check(err)
	refuse(len(opened.Sigs) != len(keys), "a key that did not sign")
	h := parseHead(opened.Text)
	refuse(h.origin != keys[0].Name(), "another origin")
	return h
}

func parseHashes(lines []string) (hashes []tlog.Hash) {
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		check(err)
		hashes = append(hashes, hash)
	}
	return hashes
}

func readBundle(path string) (entries [][]byte) {
	data := read(path)
	if bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		unpacker, err := gzip.NewReader(bytes.NewReader(data))
		check(err)
		data, err = io.ReadAll(unpacker)
		check(err)
	}
	for len(data) > 0 {
		refuse(len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)), path+": torn")
		end := 2 + int(binary.BigEndian.Uint16(data))
		entries, data = append(entries, data[2:end]), data[end:]
	}
	return entries
}

func main() {
	log, claims := os.Args[1], os.Args[3]
	var keys []note.Verifier
	for _, line := range strings.Fields(string(read(os.Args[2]))) {
		keys = append(keys, parseKey(line))
	}
	newest := open(read(filepath.Join(log, "checkpoint")), keys...)

	var entries [][]byte
	var stored []tlog.Hash
	nodes := tlog.HashReaderFunc(func(indexes []int64) (hashes []tlog.Hash, _ error) {
		for _, index := range indexes {
			hashes = append(hashes, stored[index])
		}
		return hashes, nil
	})
	tiles := tlog.NewTiles(height, 0, newest.size)
	for _, tile := range tiles {
		if tile.L == 0 {
			bundle := tile
			bundle.L = -1 // x/mod says data where C2SP says entries
			read := readBundle(path(log, strings.Replace(bundle.Path(), "/data/", "/entries/", 1)))
			refuse(len(read) != tile.W, bundle.Path()+": another number of entries")
			entries = append(entries, read...)
		}
	}
	for index, entry := range entries {
		hashes, err := tlog.StoredHashes(int64(index), entry, nodes)
		check(err)
		stored = append(stored, hashes...)
	}
	root, err := tlog.TreeHash(newest.size, nodes)
	check(err)
	refuse(root != newest.root, "the root of the entries is not the checkpoint's")
	for _, tile := range tiles {
		data, err := tlog.ReadTileData(tile, nodes)
		check(err)
		refuse(!bytes.Equal(data, read(path(log, tile.Path()))), tile.Path()+": not the hashes of the entries")
	}

	proofs, _ := filepath.Glob(filepath.Join(claims, "*.tlog-proof"))
	for _, name := range proofs {
		body, signed, _ := strings.Cut(string(read(name)), "\n\n")
		lines := strings.Split(body, "\n")
		refuse(len(lines) < 3 || lines[0] != "c2sp.org/tlog-proof@v1", "not a tlog-proof")
		entry, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(lines[1], "extra "))
		check(err)
		index, err := strconv.ParseInt(strings.TrimPrefix(lines[2], "index "), 10, 64)
		check(err)
		at := open([]byte(signed), keys[0])
		check(tlog.CheckRecord(parseHashes(lines[3:]), at.size, at.root, index, tlog.RecordHash(entry)))
		refuse(index >= int64(len(entries)) || !bytes.Equal(entry, entries[index]), "a proof of an entry that is not there")
	}
	notes, _ := filepath.Glob(filepath.Join(claims, "*.note"))
	for _, name := range notes {
		older := open(read(name), keys[0])
		proof := parseHashes(strings.Fields(string(read(strings.TrimSuffix(name, ".note") + ".consistency"))))
		check(tlog.CheckTree(proof, newest.size, newest.root, older.size, older.root))
		root, err := tlog.TreeHash(older.size, nodes)
		check(err)
		refuse(root != older.root, "the entries below an older checkpoint were changed")
	}
	fmt.Printf("%d entries, %d tiles, %d signatures, %d proofs, %d older checkpoints\n",
		len(entries), len(tiles), len(keys), len(proofs), len(notes))
}

func path(log, tile string) string {
	return filepath.Join(log, strings.Replace(tile, fmt.Sprintf("tile/%d/", height), "tile/", 1))
}

func read(path string) []byte {
	data, err := os.ReadFile(path)
	check(err)
	return data
}

func check(err error) { refuse(err != nil, fmt.Sprint(err)) }

func refuse(wrong bool, why string) {
	if wrong {
		fmt.Println("refused:", why)
		os.Exit(1)
	}
}
