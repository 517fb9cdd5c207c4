# SPDX-License-Identifier: GPL-2.0-or-later
# rootward report on a timeline whose critical path is known.
load helpers

fixture=$BATS_TEST_DIRNAME/fixtures/report/boot.json

@test "the table marks what the boot waited for" {
	run "$ROOTWARD" report "$fixture"
	assert_success
	assert_line --partial "kernel 6.1.0-test: 1000.0 ms until /init, 90.0 ms in the initramfs"
	marked=$(sed -n 's|^ \* *[0-9.][0-9.]* *[0-9.]* *[-0-9]* *[a-z]* *||p' <<<"$output" | sed 's|  .*||' | paste -sd,)
	[ "$marked" = "setup,virtio_ring,virtio_blk,vda,the root file system,the root file system,switch" ]
	assert_line --regexp '^ +-1000.0 +1000.0 +- +kernel '
	assert_line --regexp '^ +-700.0 +120.0 +- +unpack '
	refute_line --regexp '^ \*.*e1000'
	assert_line --regexp 'virtio_ring +<- dependency of virtio_blk'
	assert_line --regexp 'bad<&>".*FAILED: Device or resource busy'
}

@test "the path goes through all dependencies of one module" {
	cat >"$BATS_TEST_TMPDIR/chain.json" <<-'JSON'
		{"version":1,"kernel":"k","init_start_ns":0,"steps":[
		{"kind":"setup","name":"setup","start_ns":0,"end_ns":4},
		{"kind":"module","name":"soft","start_ns":5,"end_ns":49,"why":"soft dependency of top","parent":"top"},
		{"kind":"module","name":"first","start_ns":5,"end_ns":20,"why":"dependency of top","parent":"top"},
		{"kind":"module","name":"early","start_ns":5,"end_ns":10,"why":"dependency of top","parent":"top"},
		{"kind":"module","name":"other","start_ns":5,"end_ns":49,"why":"dependency of thing","parent":"thing"},
		{"kind":"module","name":"beside","start_ns":6,"end_ns":60,"why":"dependency of top","parent":"top"},
		{"kind":"module","name":"core","start_ns":50,"end_ns":70,"why":"dependency of top","parent":"top"},
		{"kind":"module","name":"top","start_ns":71,"end_ns":80,"why":"/devices/x (pci:*)"},
		{"kind":"device","name":"vda","start_ns":81,"end_ns":82,"why":"/devices/x/block/vda"},
		{"kind":"root","name":"root","detail":"vda ext4","start_ns":83,"end_ns":83},
		{"kind":"mount","name":"root","detail":"vda ext4","start_ns":84,"end_ns":90},
		{"kind":"switch","name":"switch","start_ns":91,"end_ns":91}]}
	JSON
	run "$ROOTWARD" report "$BATS_TEST_TMPDIR/chain.json"
	assert_success
	marked=$(sed -n 's|^ \* *[0-9.][0-9.]* *[0-9.]* *[-0-9]* *[a-z]* *||p' <<<"$output" | sed 's|  .*||' | paste -sd,)
	assert_equal "$marked" "setup,first,core,top,vda,root,root,switch"
}

@test "the drawing is well-formed, without scripts, a bar a step" {
	run "$ROOTWARD" report "$fixture" --svg "$BATS_TEST_TMPDIR/boot.svg"
	assert_success
	assert_output ""
	run python3 - "$BATS_TEST_TMPDIR/boot.svg" <<-'PYTHON'
		import sys, xml.etree.ElementTree as tree
		svg = "{http://www.w3.org/2000/svg}"
		root = tree.parse(sys.argv[1]).getroot()
		bars = root.findall(svg + "g/" + svg + "rect")
		lanes = [t.text for t in root.findall(svg + "text") if t.text.startswith(("worker", "early-init"))]
		print(len(bars), sum(b.get("fill") == "#d7301f" for b in bars), *lanes, root.findall(".//" + svg + "script"))
	PYTHON
	assert_output "10 7 early-init worker 0 worker 1 worker 2 []"
}

@test "--json is the timeline itself" {
	run "$ROOTWARD" report "$fixture" --json
	assert_success
	assert_output "$(cat "$fixture")"
}

@test "what is no timeline is one error" {
	for text in '' '[]' '{"version":2}' '{"version":1,"init_start_ns":0}' '{"version":1,"init_start_ns":0,"steps":[{}]}' \
		'{"version":1,"init_start_ns":0,"steps":[{"kind":"x","name":"y","start_ns":9,"end_ns":3}]}'; do
		printf '%s' "$text" >"$BATS_TEST_TMPDIR/bad.json"
		run "$ROOTWARD" report "$BATS_TEST_TMPDIR/bad.json"
		assert_failure 1
		assert_output --partial "bad.json: "
		[ "${#lines[@]}" = 1 ]
	done
	run "$ROOTWARD" report "$BATS_TEST_TMPDIR/absent.json"
	assert_failure 1
	assert_output --partial "absent.json: not there"
}

@test "a boot without steps" {
	echo '{"version":1,"kernel":null,"init_start_ns":5,"steps":[]}' >"$BATS_TEST_TMPDIR/empty.json"
	run "$ROOTWARD" report "$BATS_TEST_TMPDIR/empty.json"
	assert_success
	run "$ROOTWARD" report "$BATS_TEST_TMPDIR/empty.json" --svg "$BATS_TEST_TMPDIR/empty.svg"
	assert_success
}
