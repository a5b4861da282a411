package rpc

import "google.golang.org/protobuf/proto"

// maxPageBytes leaves a reply room for more than its list.
const maxPageBytes = MaxMessageBytes / 2

// FitPage is how many entries of a list, from the first on, one reply can carry: at least one, where there is any. A list
// ends its page there, however many were asked for; else entries that are large but allowed would make a page that
// cannot be sent, however often it is asked for.
func FitPage[M proto.Message](entries []M) int {
	bytes := 0
	for i, entry := range entries {
		if bytes += proto.Size(entry); bytes > maxPageBytes && i > 0 {
			return i
		}
	}
	return len(entries)
}
