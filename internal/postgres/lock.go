package postgres

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/waybill-dev/waybill/internal/fault"
)

// folderLock is held as long as this process uses the data folder. The operating system drops it when the process ends,
// however it ends; the file stays.
type folderLock struct{ file *os.File }

// lockFolder refuses a second process, or a second server in this one, on the same folder.
func lockFolder(folder string) (*folderLock, error) {
	file, err := os.OpenFile(filepath.Join(folder, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	taken, err := tryLock(file)
	if err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock the data folder %s: %w", folder, err)
	}
	if !taken {
		_ = file.Close()
		return nil, fault.New(fault.Precondition, "DATA_FOLDER_IN_USE",
			"the data folder %s is in use%s; stop that process or choose another folder", folder, holder(folder))
	}
	// Only for the message above.
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	return &folderLock{file: file}, nil
}

func (l *folderLock) release() {
	if l != nil {
		_ = l.file.Close()
	}
}

func holder(folder string) string {
	text, err := os.ReadFile(filepath.Join(folder, "lock"))
	pid := strings.TrimSpace(string(text))
	if err != nil || pid == "" {
		return ""
	}
	if pid == strconv.Itoa(os.Getpid()) {
		return " by this very process"
	}
	return " by process " + pid
}
