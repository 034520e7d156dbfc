#!/bin/bash
# Makes what a cluster's machines know each other by: whoever holds none of it can't reach the scheduler.
#   templates/clusters/certificates.sh FOLDER [DAYS]
# Copy all but ca.key to each machine; in a shell there, `. FOLDER/tls.sh` has Dask and vgkit use it.
set -euo pipefail
folder=${1:?"say which folder: templates/clusters/certificates.sh FOLDER [DAYS]"}
days=${2:-365}

umask 077
mkdir -p "$folder"
cd "$folder"
if [[ -e cert.pem ]]; then
  echo "$folder has certificates already; nothing was changed. Remove them first to make others." >&2
  exit 1
fi
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$days" -subj "/CN=vgkit cluster" \
  -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.pem 2>/dev/null
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=vgkit machine" \
  -keyout key.pem -out cert.csr 2>/dev/null
openssl x509 -req -in cert.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days "$days" -out cert.pem \
  -extfile <(printf "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth,clientAuth\n") 2>/dev/null
rm cert.csr ca.srl
cat > tls.sh <<'END'
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=true DASK_DISTRIBUTED__COMM__TLS__CA_FILE="$folder/ca.pem"
for each in CLIENT SCHEDULER WORKER; do
  export "DASK_DISTRIBUTED__COMM__TLS__${each}__CERT=$folder/cert.pem" "DASK_DISTRIBUTED__COMM__TLS__${each}__KEY=$folder/key.pem"
done
END
echo "In each shell that starts the scheduler, a worker or the batch: . $PWD/tls.sh"
