# 1. A customer buys Basic on a Roku device. Roku pushes a signed Sale to the API.
curl -s $ROKU/device/buy -d '{"product":"S123456789-US"}' | tee order.json; echo
PURCHASE=$(grep -o '"purchaseId":"[^"]*' order.json | cut -d'"' -f4)

# 2. The app posts the receipt. The API keeps it and asks Roku.
curl -s $API/roku/payment -H "X-Publisher-Token: $TOKEN" -d '{"customerEmail":"ann@example.com",
  "offerId":"S123456789_US","order":{"purchaseId":"'$PURCHASE'"}}'; echo
curl -s $API/roku/payment/$PURCHASE -H "X-Publisher-Token: $TOKEN"; echo

# 3. May she watch?
CUSTOMER=$(curl -s $API/3.0/json-rpc -d '{"jsonrpc":"2.0","id":1,"method":"generateCustomerToken",
  "params":{"publisherToken":"'$TOKEN'","customerEmail":"ann@example.com"}}' | grep -o 'ey[^"]*')
curl -s $API/3.0/json-rpc -d '{"jsonrpc":"2.0","id":2,"method":"getAccessStatus",
  "params":{"customerToken":"'$CUSTOMER'","offerId":"S123456789_US"}}'; echo
curl -s $API/entitlements/S123456789_US -H "Authorization: Bearer $CUSTOMER"; echo

# 4. Ten days later she cancels. Access lasts to the end of the term, and not a second longer.
curl -s $ROKU/clock/advance -d '{"days":10}'; echo
curl -s -X POST $ROKU/device/cancel/$PURCHASE; echo
curl -s $API/entitlements/S123456789_US -H "Authorization: Bearer $CUSTOMER"; echo
curl -s $ROKU/clock/advance -d '{"days":21}'; echo
CUSTOMER=$(curl -s $API/3.0/json-rpc -d '{"jsonrpc":"2.0","id":3,"method":"generateCustomerToken",
  "params":{"publisherToken":"'$TOKEN'","customerEmail":"ann@example.com"}}' | grep -o 'ey[^"]*')
curl -s $API/entitlements/S123456789_US -H "Authorization: Bearer $CUSTOMER"; echo

