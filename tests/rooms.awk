# Turns tests/directions.txt into assignments for make: NEEDS_bus+=netlink for each directory of exporter/ that
# another one may include, and for each excepted include. The name top stands for exporter/ itself.
function room(path)
{
	return path == "exporter" ? "top" : path ~ /^exporter\// ? substr(path, 10) : ""
}

function needs(from, to)
{
	if (room(from) != "" && room(to) != "" && from != to)
		print "NEEDS_" room(from) "+=" room(to)
}

function directory(file)
{
	sub(/\/[^\/]*$/, "", file)
	return file
}

{ sub(/#.*/, "") }
$1 == "except" { needs(directory($2), directory($3)); next }
$1 ~ /:$/ { for (i = 2; i <= NF; i++) needs(substr($1, 1, length($1) - 1), $i) }
