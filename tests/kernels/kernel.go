package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// suites are where Debian has kernels, by codename. Which of them has which kernel is looked up.
var suites = []string{"bullseye", "bookworm", "trixie", "unstable"}

// secured are the suites whose kernels come by way of security updates.
var secured = []string{"bullseye"}

// newest asks for the newest kernel that Debian has.
const newest = "newest"

// kernel is one that a guest can boot.
type kernel struct {
	asked   string // what it was asked for by: a version, newest, or a path
	version string // of the package; what uname says is only known in the guest
	image   string
	modules string // the directory lib/modules/RELEASE; empty: it has none
}

// kernels gets an architecture's kernels.
func kernels(cache string, a arch) ([]kernel, error) {
	var found []kernel
	var debian *archive
	for _, name := range a.kernels {
		if strings.Contains(name, "/") {
			found = append(found, kernel{asked: name, version: filepath.Base(name), image: name})
			continue
		}
		if debian == nil {
			var err error
			if debian, err = openSuites(cache, a); err != nil {
				return nil, err
			}
		}
		k, err := fetchKernel(debian, a, name)
		if err != nil {
			return nil, fmt.Errorf("kernel %s: %w", name, err)
		}
		found = append(found, k)
	}
	return found, nil
}

func openSuites(cache string, a arch) (*archive, error) {
	_, main, security, err := mirrors()
	if err != nil {
		return nil, err
	}
	var sources []source
	for _, suite := range suites {
		sources = append(sources, source{main, suite})
	}
	for _, suite := range secured {
		sources = append(sources, source{security, suite + "-security"})
	}
	return open(filepath.Join(cache, "kernels-"+a.name), a.name, sources)
}

// parts are the packages that a kernel is in, by their dependencies from linux-image-FLAVOUR on.
var parts = regexp.MustCompile(`(linux-(?:image|binary|modules)-[^ ,|]+) \(= ([^)]+)\)`)

func fetchKernel(debian *archive, a arch, asked string) (kernel, error) {
	wanted, variant, _ := strings.Cut(asked, "+")
	flavour, ok := a.flavours[variant]
	if !ok {
		return kernel{}, fmt.Errorf("no flavour %q", variant)
	}
	versions, err := debian.versions("linux-image-" + flavour)
	if err != nil {
		return kernel{}, err
	}
	i := slices.IndexFunc(versions, func(v string) bool { return wanted == newest || strings.HasPrefix(v, wanted+".") })
	if i < 0 {
		return kernel{}, fmt.Errorf("not among those that Debian has: %s", strings.Join(versions, ", "))
	}
	var packages []string
	for queue := []string{"linux-image-" + flavour + "=" + versions[i]}; len(queue) > 0; queue = queue[1:] {
		name, version, _ := strings.Cut(queue[0], "=")
		fields, err := debian.fields(name, version)
		if err != nil {
			return kernel{}, err
		}
		for _, found := range parts.FindAllStringSubmatch(fields["Depends"], -1) {
			if part := found[1] + "=" + found[2]; !slices.Contains(packages, part) {
				packages, queue = append(packages, part), append(queue, part)
			}
		}
	}
	dirs, err := debian.unpack(packages)
	if err != nil {
		return kernel{}, err
	}
	k := kernel{asked: asked, version: versions[i]}
	return k, k.locate(dirs)
}

// locate finds the image and the modules in unpacked packages: newer ones keep both in usr/lib/modules.
func (k *kernel) locate(dirs []string) error {
	for _, dir := range dirs {
		for _, pattern := range []string{"boot/vmlinuz-*", "usr/lib/modules/*/vmlinuz"} {
			if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) == 1 {
				k.image = found[0]
			}
		}
		for _, pattern := range []string{"lib/modules/*/kernel", "usr/lib/modules/*/kernel"} {
			if found, _ := filepath.Glob(filepath.Join(dir, pattern)); len(found) == 1 {
				k.modules = filepath.Dir(found[0])
			}
		}
	}
	if k.image == "" || k.modules == "" {
		return errors.New("no image or no modules in " + strings.Join(dirs, ", "))
	}
	_, err := os.Stat(k.image)
	return err
}
